import { beforeAll, describe, expect, it } from 'vitest';
import { bankDefinition, bankRows } from '../../../fixtures/bank-rows.ts';
import { MemoryRegistry } from '../../../fixtures/memory-registry.ts';
import { compileContract } from '../../../../shared/features/compile.ts';
import { unfittedContract } from '../../../../shared/features/contract.ts';
import type { ModelDefinition } from '../../../../shared/features/definition.ts';
import { Registry } from '../../../../shared/registry/registry.ts';
import { readCard } from '../../../../shared/registry/version-card.ts';
import { modelCard, modelCardSchema, parseEvaluation } from '../../../../shared/training/evaluation/card.ts';
import { cardMarkdown } from '../../../../shared/training/evaluation/card-markdown.ts';
import { parseHoldOut } from '../../../../shared/training/hold-out.ts';
import { readLabelledRows } from '../../../../shared/training/labelled-rows.ts';
import { registerVersion } from '../../../../shared/training/register-version.ts';
import { type TrainedModel, trainModel } from '../../../../shared/training/train-model.ts';

const params = { trees: 10, leaves: 8 };
const at = new Date('2026-03-01T05:00:00Z');
const facts = {
  model: 'bank-marketing',
  title: 'Bank marketing',
  createdBy: { run: 'run-1' },
  learner: 'gradient_boosting',
  params,
  seed: 1,
  datasetVersion: '4',
};

let definition: ModelDefinition;
let trained: TrainedModel;
beforeAll(async () => {
  definition = {
    ...(await bankDefinition()),
    card: {
      intendedUse: 'Choosing whom to call',
      outOfScope: 'Credit',
      caveats: ['Calls of 2008 to 2010 only'],
    },
    costs: { loss: 'age', review: 1, detection: 0.5, block: 2 },
  };
  trained = await trainModel({
    definition,
    data: readLabelledRows(compileContract(definition), bankRows(), ';'),
    split: parseHoldOut('stratified:0.4'),
    learner: 'gradient_boosting',
    params,
    seed: 1,
    threads: 1,
    calibrated: false,
    dataset: { sha256: 'a'.repeat(64) },
  });
});

function evaluationOf() {
  return parseEvaluation(trained.files.get('evaluation.json') ?? new Uint8Array());
}

describe('a trained version', () => {
  it('records its metrics with intervals, segments, single features and gates', () => {
    const evaluation = evaluationOf();
    expect(evaluation.intervals?.aucRoc?.value).toBeCloseTo(trained.metrics.aucRoc, 12);
    expect(evaluation.intervals?.logLoss?.value).toBeCloseTo(trained.metrics.logLoss, 12);
    for (const { value, lower, upper } of Object.values(evaluation.intervals ?? {})) {
      expect(lower).toBeLessThanOrEqual(value);
      expect(upper).toBeGreaterThanOrEqual(value);
    }
    expect(evaluation.segments?.map(({ column }) => column)).toContain('poutcome');
    expect(evaluation.singleFeatures?.[0]?.feature).toBe('poutcome=success');
    expect(evaluation.gates?.map(({ gate }) => gate)).toEqual([
      'calibration-observed-expected',
      'calibration-slope',
      'latency',
      'size',
      'leak',
    ]);
    expect(evaluation.rows).toMatchObject({ training: 600, heldOut: 400, gap: 0 });
    const { training = 0, heldOut = 0 } = evaluation.positives ?? {};
    expect(heldOut).toBe(Math.floor(0.4 * (training + heldOut)));
  });

  it('is registered with a model card of what was recorded', async () => {
    const memory = new MemoryRegistry();
    const registry = new Registry(memory.documents, memory.blobs);
    const done = await registerVersion(registry, memory.blobs, trained, facts, at);
    expect(done).toEqual({ version: '1', state: 'champion' });
    const markdown = Buffer.from(await readCard(registry, memory.blobs, 'bank-marketing', '1')).toString();
    for (const part of [
      '# Bank marketing, version 1',
      'run `run-1`',
      '## Intended use\n\nChoosing whom to call',
      'Out of scope: Credit',
      `| AUC-ROC | ${trained.metrics.aucRoc.toFixed(4)} |`,
      '400 rows',
      'Data set version 4',
      '### By `poutcome`',
      '- Calls of 2008 to 2010 only',
    ]) {
      expect(markdown).toContain(part);
    }
    const json: unknown = JSON.parse(
      Buffer.from(memory.files.get('bank-marketing/1/card.json') ?? '').toString(),
    );
    expect(modelCardSchema.parse(json)).toEqual(json);
  });

  it('that a gate rejected is on record with the reason, and never serves', async () => {
    const memory = new MemoryRegistry();
    const registry = new Registry(memory.documents, memory.blobs);
    const rejected = { ...trained, verdict: { state: 'rejected', reason: 'leak: of y' } } as const;
    expect(await registerVersion(registry, memory.blobs, rejected, facts, at)).toEqual({
      version: '1',
      state: 'rejected',
      reason: 'leak: of y',
    });
    expect(await registry.version('bank-marketing', '1')).toMatchObject({
      state: 'rejected',
      reason: 'leak: of y',
    });
    expect(await registry.traffic('bank-marketing')).toBeUndefined();
    const another = { ...facts, createdBy: { run: 'run-2' } };
    const next = await registerVersion(registry, memory.blobs, trained, another, at);
    expect(next).toEqual({ version: '2', state: 'champion' });
  });
});

describe('a version from before cards', () => {
  const early = {
    metrics: {
      aucRoc: 0.79,
      averagePrecision: 0.47,
      logLoss: 0.29,
      brier: null,
      positiveRate: 0.1,
      rows: 100,
    },
    split: 'modulo:5:4',
    rows: { training: 400, heldOut: 100 },
    dataset: { sha256: 'b'.repeat(64) },
    learner: 'gradient_boosting',
    params: { trees: 10 },
    trees: 10,
    fitSeconds: 0.1,
    somethingElse: true,
  };

  it('stays readable, and its card tells what is not known', () => {
    const evaluation = parseEvaluation(Buffer.from(JSON.stringify(early)));
    const card = modelCard(
      { ...facts, version: '1', createdAt: at.toISOString() },
      unfittedContract(definition),
      evaluation,
    );
    expect(card.metrics).toEqual({
      aucRoc: { value: 0.79 },
      averagePrecision: { value: 0.47 },
      logLoss: { value: 0.29 },
    });
    expect(card.caveats).toContainEqual(expect.stringContaining('No intervals'));
    expect(cardMarkdown(card)).toContain('| AUC-ROC | 0.7900 |  |');
  });

  it('has no card to show', async () => {
    const memory = new MemoryRegistry();
    const registry = new Registry(memory.documents, memory.blobs);
    const row = {
      ...facts,
      kind: 'version',
      version: '1',
      number: 1,
      state: 'registered',
      createdAt: at.toISOString(),
    } as const;
    const file = { name: 'model.onnx', sha256: 'c'.repeat(64), bytes: 1 };
    await registry.addVersion({ ...row, rows: early.rows, metrics: {}, files: [file] });
    await expect(readCard(registry, memory.blobs, 'bank-marketing', '1')).rejects.toMatchObject({
      kind: 'not-found',
    });
    await expect(readCard(registry, memory.blobs, 'bank-marketing', '2')).rejects.toMatchObject({
      kind: 'not-found',
    });
  });
});

describe('cardMarkdown', () => {
  it('shows values of the data as they are, and lets none of them be markup', () => {
    const evaluation = evaluationOf();
    const segment = {
      value: '<b>|x|\n# y',
      rows: 300,
      positives: 3,
      falsePositives: 0,
      small: false,
      metrics: {},
    };
    const segments = [{ column: 'job', segments: [segment] }];
    const card = modelCard(
      { ...facts, version: '1', createdAt: at.toISOString() },
      unfittedContract(definition),
      { ...evaluation, segments },
    );
    const lines = cardMarkdown(card).split('\n');
    expect(lines).toContain(String.raw`| \<b\>\|x\| \# y | 300 | 3 |  |  |  |  |`);
  });
});
