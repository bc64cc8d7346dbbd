import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { PredictionEvent } from '../../../shared/events/event-schema.ts';
import { inputsWriter } from '../../../shared/events/logged-inputs.ts';
import { timeOf } from '../../../shared/events/prediction-id.ts';
import { type CheckedRow, compileContract } from '../../../shared/features/compile.ts';
import { type ModelDefinition, modelDefinitionSchema } from '../../../shared/features/definition.ts';
import { sha256 } from '../../../shared/onnx/verify-model.ts';
import { labelEvent } from '../../../shared/outcomes/label-event.ts';
import { hourFolder } from '../../../shared/events/log-layout.ts';
import { readLabelledRows } from '../../../shared/training/labelled-rows.ts';
import { assembleTrainingSet, type TrainingSetRequest } from '../../../shared/training/training-set.ts';
import { sumOf } from '../../../shared/training/training-set-manifest.ts';
import {
  datasetRows,
  readTrainingSet,
  storeTrainingSet,
} from '../../../shared/training/training-set-store.ts';
import { readDefinition } from '../../../tools/model-folders.ts';
import { fraudRows } from '../../fixtures/app-stack.ts';
import { bankDefinition, bankRows } from '../../fixtures/bank-rows.ts';
import { MemoryBlobs } from '../../fixtures/memory-blobs.ts';
import { MemoryRegistry } from '../../fixtures/memory-registry.ts';
import { eventOf, idAt } from '../../fixtures/prediction-events.ts';

const TEN = Date.UTC(2026, 2, 1, 10);
const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const AS_OF = TEN + 30 * DAY;

/** A small model: an id that callers may leave out, a number, and a label. */
function smallModel(labelling?: { maturity: string; unlabelled: 'negative' | 'drop' }): ModelDefinition {
  return modelDefinitionSchema.parse({
    model: 'cards',
    title: 'Cards',
    description: '',
    columns: [
      { name: 'id', type: 'string', role: 'id' },
      { name: 'amount', type: 'number', required: true, min: 0 },
      { name: 'note', type: 'string' },
      { name: 'bad', type: 'number', role: 'label' },
    ],
    features: [{ op: 'passthrough', column: 'amount' }],
    policy: { review: 0.3, block: 0.7 },
    labelling,
  });
}

/** The logs of one model. */
class Logs {
  readonly predictions = new MemoryBlobs();
  readonly labels = new MemoryBlobs();
  readonly #model: string;

  constructor(model = 'cards') {
    this.#model = model;
  }

  async predict(
    time: number,
    inputs: Record<string, string | number | boolean>,
    data: Partial<PredictionEvent['data']> = {},
  ): Promise<string> {
    const event = eventOf(idAt(time), this.#model);
    const { id } = event;
    const { subject: _, ...bare } = event;
    const subject = typeof inputs['id'] === 'string' ? { subject: inputs['id'] } : {};
    await this.#put(this.predictions, id, { ...bare, ...subject, data: { ...event.data, inputs, ...data } });
    return id;
  }

  async label(predictionId: string, label: 0 | 1, receivedAt = AS_OF - DAY): Promise<void> {
    const text = labelEvent({ predictionId, label, model: this.#model }, idAt(receivedAt), receivedAt);
    await this.#put(this.labels, predictionId, JSON.parse(text));
  }

  async #put(blobs: MemoryBlobs, predictionId: string, event: unknown): Promise<void> {
    const path = `${hourFolder(this.#model, timeOf(predictionId))}0.jsonl`;
    await blobs.start(path);
    await blobs.append(
      path,
      Buffer.from(`${JSON.stringify({ partition: '0', sequenceNumber: 1, event })}\n`),
    );
  }
}

async function assembled(logs: Logs, request: Partial<TrainingSetRequest> & { definition: ModelDefinition }) {
  const pieces: string[] = [];
  const whole = { datasets: [], predictionsFrom: TEN - DAY, asOf: AS_OF, ...request };
  const facts = await assembleTrainingSet(logs, whole, (piece) => void pieces.push(piece));
  const contract = compileContract(request.definition);
  const delimiter = request.definition.defaultFile?.delimiter ?? ',';
  const { rows, labels } = readLabelledRows(contract, Buffer.from(pieces.join('')), delimiter);
  expect(rows).toHaveLength(facts.rows);
  expect(labels.filter((label) => label === 1)).toHaveLength(facts.positives);
  return { facts, total: facts.predictions?.total, rows, labels };
}

/** Rows of the small model. */
const rowOf = (id: string | null, amount: number, bad: 0 | 1, note: string | null = null): CheckedRow => [
  id,
  amount,
  note,
  bad,
];
const version = (number: number, rows: readonly CheckedRow[]) => ({
  version: `${number}`,
  sha256: 'x',
  rows,
});

describe('a training set', () => {
  it.each([
    { name: 'fraud', define: () => readDefinition('fraud'), rows: fraudRows },
    { name: 'bank-marketing', define: bankDefinition, rows: () => Promise.resolve(bankRows()) },
  ])('has of collected $name predictions the very rows that were scored', async ({ define, rows }) => {
    const definition = { ...(await define()), labelling: undefined };
    const contract = compileContract(definition);
    const read = readLabelledRows(contract, await rows(), definition.defaultFile?.delimiter ?? ',');
    const some = read.rows.slice(0, 400);
    const write = inputsWriter(definition.columns);
    const logs = new Logs(definition.model);
    for (const [index, row] of some.entries()) {
      const id = await logs.predict(TEN + index * 60_000, JSON.parse(write(row)));
      await logs.label(id, read.labels[index] === 1 ? 1 : 0);
    }
    const result = await assembled(logs, { definition });
    expect(result.rows).toEqual(some);
    expect(result.facts.predictions?.hours.map(({ used }) => used)).toEqual([60, 60, 60, 60, 60, 60, 40]);
    // A data set version of the same rows changes nothing.
    const both = await assembled(logs, { definition, datasets: [version(1, some)] });
    expect(both.rows).toEqual(some);
    expect(both.total).toMatchObject({ used: 0, duplicates: 400 });
  });

  it('takes no prediction whose label may still change, and no label that was not known then', async () => {
    const definition = smallModel({ maturity: '7d', unlabelled: 'drop' });
    const logs = new Logs();
    // Both in the same hour
    const asOf = AS_OF + HOUR / 2;
    const young = await logs.predict(asOf - 7 * DAY, { amount: 1 });
    const old = await logs.predict(asOf - 7 * DAY - 1, { amount: 2 });
    const lateLabel = await logs.predict(TEN, { amount: 3 });
    const revised = await logs.predict(TEN, { amount: 4 });
    await logs.label(young, 1);
    await logs.label(old, 1);
    await logs.label(lateLabel, 1, asOf + 1);
    await logs.label(revised, 1, asOf);
    await logs.label(revised, 0, asOf + 1);
    const { rows, total } = await assembled(logs, { definition, asOf });
    expect(rows).toEqual([rowOf(null, 4, 1), rowOf(null, 2, 1)]);
    expect(total).toMatchObject({ predictions: 3, used: 2, unlabelled: 1 });
  });

  it('takes what has no label after the maturity for negative where the model says so, but nothing that was blocked', async () => {
    const logs = new Logs();
    await logs.predict(TEN, { amount: 1 });
    await logs.predict(TEN, { amount: 2 }, { decision: 'block' });
    const blocked = await logs.predict(TEN, { amount: 3 }, { decision: 'block' });
    const error = { code: 'model', message: 'failed' };
    const failed = await logs.predict(TEN, { amount: 4 }, { error });
    await logs.predict(TEN, {}, { truncated: true, features: [] });
    const unfit = await logs.predict(TEN, { amount: -1 });
    for (const id of [blocked, failed, unfit]) await logs.label(id, 1);
    await logs.label(idAt(TEN), 1);
    const expected = {
      failed: 1,
      truncated: 1,
      unfit: 1,
      blockedUnlabelled: 1,
      blockedUsed: 1,
      unknownLabels: 1,
    };
    const negative = await assembled(logs, {
      definition: smallModel({ maturity: '1d', unlabelled: 'negative' }),
    });
    expect(negative.rows).toEqual([rowOf(null, 1, 0), rowOf(null, 3, 1)]);
    expect(negative.total).toMatchObject({ ...expected, used: 2, assumedNegative: 1, unlabelled: 0 });
    const drop = await assembled(logs, { definition: smallModel({ maturity: '1d', unlabelled: 'drop' }) });
    expect(drop.rows).toEqual([rowOf(null, 3, 1)]);
    expect(drop.total).toMatchObject({ ...expected, used: 1, assumedNegative: 0, unlabelled: 1 });
  });

  it('has a transaction that was sent again once, with the label that one of its predictions got', async () => {
    const definition = smallModel({ maturity: '1d', unlabelled: 'negative' });
    const logs = new Logs();
    await logs.predict(TEN + HOUR - 1, { id: 'a', amount: 1 });
    const again = await logs.predict(TEN + HOUR, { id: 'a', amount: 1 });
    await logs.predict(TEN, { id: 'b', amount: 2 });
    await logs.predict(TEN + 1, { id: 'b', amount: 2 });
    await logs.label(again, 1);
    const { rows, total } = await assembled(logs, { definition });
    expect(rows).toEqual([rowOf('b', 2, 0), rowOf('a', 1, 1)]);
    expect(total).toMatchObject({ predictions: 4, used: 2, duplicates: 2 });
  });

  it('takes rows that several versions hold once, and keeps equal rows that one of them has', async () => {
    const definition = smallModel();
    const newer = [rowOf('a', 1, 1), rowOf(null, 5, 0), rowOf(null, 5, 1), rowOf(null, 6, 0)];
    const older = [
      rowOf('a', 9, 0),
      rowOf(null, 5, 0),
      rowOf(null, 5, 0),
      rowOf(null, 5, 0),
      rowOf('b', 1, 0),
    ];
    const { rows, facts } = await assembled(new Logs(), {
      definition,
      datasets: [version(2, newer), version(1, older)],
    });
    expect(rows).toEqual([...newer, rowOf(null, 5, 0), rowOf('b', 1, 0)]);
    expect(facts.datasets).toEqual([
      { version: '2', sha256: 'x', rows: 4, used: 4, duplicates: 0 },
      { version: '1', sha256: 'x', rows: 5, used: 2, duplicates: 3 },
    ]);
  });

  it('accounts for every prediction, and writes texts of any kind so that they are read as they were', async () => {
    const text = fc.string({
      unit: fc.constantFrom('a', '"', ',', '\n', '\r', ' ', ';', 'ß', '0'),
      minLength: 1,
    });
    const prediction = fc.record({
      hour: fc.nat(3),
      id: fc.option(fc.constantFrom('a', 'b', 'c'), { nil: undefined }),
      amount: fc.double({ min: 0, noNaN: true, noDefaultInfinity: true }),
      note: text,
      label: fc.constantFrom(undefined, 0 as const, 1 as const),
      decision: fc.constantFrom('approve' as const, 'block' as const),
      broken: fc.constantFrom(undefined, 'error', 'unfit'),
    });
    await fc.assert(
      fc.asyncProperty(
        fc.array(prediction, { maxLength: 12 }),
        fc.constantFrom('negative' as const, 'drop' as const),
        async (predictions, unlabelled) => {
          const logs = new Logs();
          for (const { hour, id, amount, note, label, decision, broken } of predictions) {
            const inputs = {
              amount: broken === 'unfit' ? -1 : amount,
              note,
              ...(id === undefined ? {} : { id }),
            };
            const error = broken === 'error' ? { error: { code: 'x', message: 'y' } } : {};
            const predictionId = await logs.predict(TEN + hour * HOUR, inputs, { decision, ...error });
            if (label !== undefined) await logs.label(predictionId, label);
          }
          const { facts, rows } = await assembled(logs, {
            definition: smallModel({ maturity: '1d', unlabelled }),
          });
          const {
            predictions: all,
            used,
            assumedNegative: _,
            ...rest
          } = sumOf(facts.predictions?.hours ?? []);
          const { unlabelled: dropped, blockedUnlabelled, duplicates, failed, truncated, unfit } = rest;
          expect(used + dropped + blockedUnlabelled + duplicates + failed + truncated + unfit).toBe(all);
          expect(all).toBe(predictions.length);
          const given = new Set(
            predictions.map(({ id, amount, note }) => JSON.stringify([id ?? null, amount, note])),
          );
          for (const row of rows) expect(given).toContain(JSON.stringify(row.slice(0, 3)));
          const ids = rows.flatMap(([id]) => id ?? []);
          expect(new Set(ids).size).toBe(ids.length);
          const labelled = predictions.filter(
            ({ label, broken }) => label !== undefined && broken === undefined,
          );
          const wanted = new Set(labelled.flatMap(({ id }) => id ?? []));
          expect(wanted.difference(new Set(ids))).toEqual(new Set());
        },
      ),
      { numRuns: 200 },
    );
  });
});

describe('a stored training set', () => {
  it('is the one that was stored first, whatever has come since, and is refused when it was changed', async () => {
    const { blobs, files } = new MemoryRegistry();
    const definition = smallModel();
    const logs = new Logs();
    await logs.label(await logs.predict(TEN, { amount: 1 }), 1);
    const csv = Buffer.from('amount,bad\n7,0\n');
    await blobs.create('cards/3/rows.csv', csv);
    const dataset = await datasetRows(blobs, definition, {
      kind: 'dataset',
      model: 'cards',
      version: '3',
      number: 3,
      createdAt: '2026-03-01T00:00:00Z',
      source: 'x',
      format: 'csv',
      rows: 1,
      file: { name: 'rows.csv', sha256: sha256(csv), bytes: csv.byteLength },
    });
    const request = { definition, datasets: [dataset], predictionsFrom: TEN, asOf: AS_OF };
    const store = () => storeTrainingSet(blobs, logs, 'run-1', request, new Date(AS_OF));
    const manifest = await store();
    expect(manifest).toMatchObject({ rows: 2, positives: 1, datasets: [{ version: '3', used: 1 }] });
    await logs.label(await logs.predict(TEN, { amount: 2 }), 1);
    expect(await store()).toEqual(manifest);
    const stored = await readTrainingSet(blobs, 'cards', 'run-1');
    expect(Buffer.from(stored?.bytes ?? []).toString()).toBe('id,amount,note,bad\n,7,,0\n,1,,1\n');
    expect(stored?.manifest).toEqual(manifest);
    expect(await readTrainingSet(blobs, 'cards', 'run-2')).toBeUndefined();
    const path = `cards/training-sets/run-1/${manifest.file.name}`;
    files.set(path, Buffer.from('id,amount,note,bad\n,7,,0\n,1,,0\n'));
    await expect(readTrainingSet(blobs, 'cards', 'run-1')).rejects.toThrow('not the one that was stored');
  });

  it('of two that are made at once is the same for both', async () => {
    const { blobs } = new MemoryRegistry();
    const definition = smallModel();
    const logs = new Logs();
    await logs.label(await logs.predict(TEN, { amount: 1 }), 1);
    const at = (asOf: number) => {
      const request = { definition, datasets: [], predictionsFrom: TEN, asOf };
      return storeTrainingSet(blobs, logs, 'run-1', request, new Date(asOf));
    };
    const [one, other] = await Promise.all([at(AS_OF), at(AS_OF + 1)]);
    expect(one).toEqual(other);
  });
});
