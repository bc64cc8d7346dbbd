import { beforeAll, describe, expect, it } from 'vitest';
import { compileContract } from '../../../shared/features/compile.ts';
import { type ModelDefinition, modelDefinitionSchema } from '../../../shared/features/definition.ts';
import { Failure } from '../../../shared/failure.ts';
import { LineageLog } from '../../../shared/lineage/lineage-log.ts';
import type { RunEvent } from '../../../shared/lineage/run-event.ts';
import { Registry } from '../../../shared/registry/registry.ts';
import { readLabelledRows } from '../../../shared/training/labelled-rows.ts';
import { registerVersion } from '../../../shared/training/register-version.ts';
import { advanceRun, runTrialOf } from '../../../shared/training/retrain.ts';
import type { RetrainParts } from '../../../shared/training/retrain-parts.ts';
import type { RetrainDone, RetrainJob } from '../../../shared/training/retrain-job.ts';
import { RunStore } from '../../../shared/training/run-record.ts';
import { runRetrainJob } from '../../../shared/training/run-retrain-job.ts';
import { readRun, type RunOrchestrations, startRun } from '../../../shared/training/runs.ts';
import { trainModel } from '../../../shared/training/train-model.ts';
import { MemoryRegistry } from '../../fixtures/memory-registry.ts';
import { storeDataset } from '../../fixtures/stored-rows.ts';

const model = 'parcels';
const NOW = Date.parse('2026-03-02T05:00:00Z');

function definitionWith(rest: object = {}): ModelDefinition {
  return modelDefinitionSchema.parse({
    model,
    title: 'Parcels',
    description: '',
    columns: [
      { name: 'id', type: 'string', role: 'id', required: true },
      { name: 'weight', type: 'number', required: true },
      { name: 'distance', type: 'number', required: true },
      { name: 'late', type: 'number', role: 'label' },
    ],
    features: [
      { op: 'passthrough', column: 'weight' },
      { op: 'passthrough', column: 'distance' },
    ],
    policy: { review: 0.3, block: 0.6 },
    search: { trials: 4, rungs: 2, learners: { logistic_regression: { l2: { from: 0.1, to: 10 } } } },
    ...rest,
  });
}

/** Rows whose label is 1 with a chance that grows with their weight. */
function rowsOf(from: number, to: number): string {
  const lines = ['id,weight,distance,late'];
  for (let n = from; n < to; n += 1) {
    const weight = ((n * 7_919) % 1_000) / 250 - 2;
    const chance = 1 / (1 + Math.exp(-2 * weight));
    lines.push(
      `p${n},${weight},${((n * 104_729) % 997) / 100},${((n * 15_485_863) % 1_009) / 1_009 < chance ? 1 : 0}`,
    );
  }
  return `${lines.join('\n')}\n`;
}

interface World {
  readonly memory: MemoryRegistry;
  readonly parts: RetrainParts;
  readonly started: string[];
  readonly promoted: Set<string>;
  readonly orchestrations: RunOrchestrations;
  status: 'going' | 'ended' | 'missing';
  now: number;
}

const done = new Map<string, Promise<RetrainDone>>();
/** Does each job once: jobs are functions of their input. */
async function remembered(job: RetrainJob): Promise<RetrainDone> {
  const champion = job.kind === 'version' ? job.champion?.version : undefined;
  const key = JSON.stringify([
    job.kind,
    job.definition,
    'trial' in job && job.trial,
    'suite' in job && job.suite,
    Buffer.from(job.bytes).toString('base64'),
    champion,
    'share' in job && job.share,
  ]);
  const answer = done.get(key) ?? runRetrainJob(job);
  done.set(key, answer);
  return structuredClone(await answer);
}

let firstFiles: Awaited<ReturnType<typeof trainModel>>;
beforeAll(async () => {
  const definition = definitionWith();
  firstFiles = await trainModel({
    definition,
    data: readLabelledRows(compileContract(definition), Buffer.from(rowsOf(0, 1_500)), ','),
    split: { by: 'stratified', share: 0.2 },
    learner: 'logistic_regression',
    params: {},
    seed: 0,
    calibrated: false,
    dataset: { version: '1', sha256: '0'.repeat(64) },
  });
});

/** A model with a champion that was made of its only data set version. */
async function world(rest: object = {}, suite?: object): Promise<World> {
  const memory = new MemoryRegistry();
  const registry = new Registry(memory.documents, memory.blobs);
  const files = new Map(firstFiles.files);
  files.set('definition.json', Buffer.from(JSON.stringify(definitionWith(rest))));
  if (suite !== undefined) files.set('expectations.json', Buffer.from(JSON.stringify(suite)));
  const datasets = {
    ...memory.blobs,
    createFrom: async (path: string, pieces: AsyncIterable<Uint8Array>) => {
      const all: Uint8Array[] = [];
      for await (const piece of pieces) all.push(piece);
      return memory.blobs.create(path, Buffer.concat(all));
    },
  };
  const rows = {
    model,
    bytes: Buffer.from(rowsOf(0, 1_500)),
    rows: 1_500,
    source: 'a test',
    at: new Date(NOW),
  };
  await storeDataset(registry, datasets, rows);
  const facts = {
    model,
    title: 'Parcels',
    learner: 'logistic_regression',
    params: {},
    seed: 0,
    datasetVersion: '1',
  };
  await registerVersion(
    registry,
    memory.blobs,
    { ...firstFiles, files },
    { ...facts, createdBy: { run: 'first' } },
    new Date(NOW),
  );
  const started: string[] = [];
  const promoted = new Set<string>();
  let ids = 0;
  const none = async function* (): AsyncGenerator<never> {};
  const nothing = { list: none, read: none };
  const made: World = {
    memory,
    started,
    promoted,
    status: 'going',
    now: NOW,
    orchestrations: {
      start: async ({ runId }) => void (await Promise.resolve(started.push(runId))),
      status: async () => Promise.resolve(made.status),
    },
    parts: {
      runs: new RunStore(memory.documents),
      lineage: new LineageLog({ documents: memory.documents, report: () => undefined }),
      registry,
      models: memory.blobs,
      datasets,
      logs: { predictions: nothing, labels: nothing },
      work: remembered,
      promote: async (_model, version, promotionId) =>
        void (await Promise.resolve(promoted.add(`${version} ${promotionId}`))),
      newId: () => `00000000-0000-7000-8000-${String((ids += 1)).padStart(12, '0')}`,
      time: () => made.now,
    },
  };
  return made;
}

const asked = { reason: 'a test', trigger: 'request' } as const;

/** What the orchestration does, an activity that failed being tried again. */
async function carryOut({ parts }: World, ref: { model: string; runId: string }) {
  const again = async <T>(act: () => Promise<T>): Promise<T> => act().catch(async () => again(act));
  for (;;) {
    const next = await again(async () => advanceRun(parts, ref));
    if (next.done) return readRun(parts, ref.model, ref.runId);
    await Promise.all(next.trials.map(async (trial) => again(async () => runTrialOf(parts, ref, trial))));
  }
}

/** The run events that are on record. */
async function eventsOf({ memory }: World, { runId }: { runId: string }): Promise<RunEvent[]> {
  const log = new LineageLog({ documents: memory.documents, report: () => undefined });
  return log.eventsOf(model, runId);
}

describe('a retrain', () => {
  it('searches, registers one version and hands it over, with each trial on record', async () => {
    const made = await world();
    const ref = await startRun(made.parts, made.orchestrations, model, asked);
    const run = await carryOut(made, ref);
    expect(run.error).toBeUndefined();
    expect(run).toMatchObject({ status: 'registered', step: 'done', version: '2' });
    expect(run.trials.map(({ rung }) => rung)).toEqual([0, 0, 0, 0, 1]);
    expect([...made.promoted]).toEqual([`2 ${run.promotionId}`]);
    const evaluation: unknown = JSON.parse(
      Buffer.from(made.memory.files.get(`${model}/2/evaluation.json`)!).toString(),
    );
    // The same rows are held out as were from the champion.
    expect(evaluation).toMatchObject({
      comparison: { champion: { version: '1' }, rows: 300 },
      dataset: { trainingSet: ref.runId },
    });
    expect(made.memory.files.has(`${model}/2/definition.json`)).toBe(true);
  });

  it('ends with one version, whichever write it is killed at', async () => {
    let isKilled = true;
    let killed = 3;
    for (; isKilled; killed += 1) {
      const made = await world();
      const ref = await startRun(made.parts, made.orchestrations, model, asked);
      let count = 2;
      isKilled = false;
      made.memory.before = (call) => {
        if (call === 'create' || call === 'replace' || call === 'write') count += 1;
        // The write before this one is done, and whoever made it is no more.
        if (count === killed) {
          count += 1;
          isKilled = true;
          throw new Failure('unavailable', 'killed');
        }
      };
      const run = await carryOut(made, ref);
      expect(run, `killed at write ${killed}`).toMatchObject({ status: 'registered' });
      expect(run.trials).toHaveLength(5);
      const { items } = await made.parts.registry.versions(model, 10);
      expect(items.filter(({ createdBy }) => createdBy.run === ref.runId)).toHaveLength(1);
      expect(made.promoted.size).toBe(1);
      const events = await eventsOf(made, ref);
      expect(events.map(({ eventType }) => eventType)).toEqual(['START', 'COMPLETE']);
      expect(events[1]?.outputs).toMatchObject([{ facets: { version: { datasetVersion: run.version } } }]);
    }
    // Until one was through before its turn came.
    expect(killed).toBeGreaterThan(20);
  });

  it('ends with one version where each of its activities runs twice at the same time', async () => {
    const made = await world();
    const ref = await startRun(made.parts, made.orchestrations, model, asked);
    const twice = async <T>(act: () => Promise<T>) => Promise.all([act(), act()]);
    for (let isDone = false; !isDone;) {
      const [next] = await twice(async () => advanceRun(made.parts, ref));
      isDone = next.done;
      for (const trial of next.trials) await twice(async () => runTrialOf(made.parts, ref, trial));
    }
    const run = await readRun(made.parts, model, ref.runId);
    expect(run).toMatchObject({ status: 'registered' });
    expect(run.trials).toHaveLength(5);
    const { items } = await made.parts.registry.versions(model, 10);
    expect(items.map(({ createdBy, version }) => [createdBy.run, version])).toEqual([
      [ref.runId, run.version],
      ['first', '1'],
    ]);
    expect(made.promoted.size).toBe(1);
    expect(await eventsOf(made, ref)).toHaveLength(2);
  });

  it('leaves events of what it read, what it chose and what it made', async () => {
    const made = await world();
    const ref = await startRun(made.parts, made.orchestrations, model, asked);
    made.now += 1_000;
    const run = await carryOut(made, ref);
    const [started, ended] = await eventsOf(made, ref);
    expect(started).toMatchObject({ eventTime: run.startedAt, job: { name: `${model}.train` }, inputs: [] });
    const window = `${new Date(NOW).toISOString()}/${new Date(NOW).toISOString()}`;
    expect(ended).toMatchObject({
      eventType: 'COMPLETE',
      eventTime: run.endedAt,
      inputs: [
        { name: `datasets/${model}`, facets: { version: { datasetVersion: '1' } } },
        {
          name: `predictions/${model}`,
          facets: {
            version: { datasetVersion: window },
            schema: { fields: ['id', 'weight', 'distance'].map((name) => ({ name })) },
            tollgate_window: { used: 0 },
          },
        },
        { name: `labels/${model}`, facets: { tollgate_labels: { asOf: run.startedAt, unlabelled: 'drop' } } },
      ],
      outputs: [{ name: `models/${model}`, facets: { version: { datasetVersion: '2' } } }],
    });
    const best = run.trials.find(({ rung }) => rung === 1);
    expect(ended?.run.facets?.['tollgate_training']).toMatchObject({
      reason: 'a test',
      learner: 'logistic_regression',
      trial: { rung: 1, params: best?.params, metrics: best?.metrics },
    });
    // Recorded again, nothing is different.
    await advanceRun(made.parts, ref);
    expect(await eventsOf(made, ref)).toEqual([started, ended]);
  });

  it('rejects a version that fails a gate, with the reason, and promotes nothing', async () => {
    const made = await world({ trainingGates: { minimum: { aucRoc: 0.999 } } });
    const run = await carryOut(made, await startRun(made.parts, made.orchestrations, model, asked));
    expect(run).toMatchObject({ status: 'rejected', version: '2' });
    expect(run.error).toContain('aucRoc');
    expect(await made.parts.registry.version(model, '2')).toMatchObject({ state: 'rejected' });
    expect(made.promoted.size).toBe(0);
  });

  it('stops before the promotion where the model says so', async () => {
    const made = await world({ retrain: { promote: false } });
    const run = await carryOut(made, await startRun(made.parts, made.orchestrations, model, asked));
    expect(run).toMatchObject({ status: 'registered', version: '2' });
    expect(run.promotionId).toBeUndefined();
    expect(made.promoted.size).toBe(0);
  });

  it('skips a scheduled run without enough new rows, and fits nothing', async () => {
    const made = await world();
    const run = await carryOut(
      made,
      await startRun(made.parts, made.orchestrations, model, { ...asked, trigger: 'schedule' }),
    );
    expect(run).toMatchObject({
      status: 'skipped',
      trials: [],
      error: expect.stringContaining('Only 0 labelled rows'),
    });
    expect((await eventsOf(made, run))[1]).toMatchObject({ eventType: 'ABORT', outputs: [] });
    expect((await made.parts.registry.versions(model, 10)).items).toHaveLength(1);
  });

  it('stops at data that do not meet the expectations, and names them', async () => {
    const made = await world();
    const row = await made.parts.registry.dataset(model, '1');
    if (row === undefined) throw new Error('no data set');
    const expectations = { suite: 'rows', success: false, evaluated: 1, failed: ['weight is negative'] };
    await made.parts.registry.addDataset({ ...row, version: '2', number: 2, expectations });
    const run = await carryOut(made, await startRun(made.parts, made.orchestrations, model, asked));
    expect(run).toMatchObject({
      status: 'failed',
      step: 'validate',
      error: expect.stringContaining('weight is negative'),
    });
    const events = await eventsOf(made, run);
    expect(events.map(({ eventType }) => eventType)).toEqual(['START', 'FAIL']);
    expect(events[1]?.run.facets?.['errorMessage']).toMatchObject({ message: run.error });
  });

  it('holds the assembled rows to the expectations, and hands them on with the version', async () => {
    const heaviest = (max: number) => ({
      name: 'parcels',
      expectations: [
        {
          type: 'expect_column_max_to_be_between',
          kwargs: { column: 'weight', max_value: max },
          notes: 'Grams',
        },
      ],
    });
    const narrow = await world({}, heaviest(1));
    const failed = await carryOut(narrow, await startRun(narrow.parts, narrow.orchestrations, model, asked));
    expect(failed).toMatchObject({ status: 'failed', step: 'assemble', trials: [] });
    expect(failed.error).toContain("1500 rows) does not meet the expectations of 'parcels'");
    expect(failed.error).toContain("the largest value of 'weight' should be at most 1");
    expect(failed.error).toContain('Grams');
    const report = narrow.memory.files.get(`${model}/training-sets/${failed.runId}/expectations.json`)!;
    expect(JSON.parse(Buffer.from(report).toString())).toMatchObject({ success: false, rows: 1_500 });

    const wide = await world({}, heaviest(5));
    const run = await carryOut(wide, await startRun(wide.parts, wide.orchestrations, model, asked));
    expect(run).toMatchObject({ status: 'registered', version: '2' });
    const handedOn = wide.memory.files.get(`${model}/2/expectations.json`)!;
    expect(JSON.parse(Buffer.from(handedOn).toString())).toEqual(heaviest(5));
  });

  it('runs once at a time, and takes over from a run whose orchestration is gone', async () => {
    const made = await world();
    const first = await startRun(made.parts, made.orchestrations, model, asked);
    await expect(startRun(made.parts, made.orchestrations, model, asked)).rejects.toMatchObject({
      kind: 'conflict',
    });
    made.now += 120_000;
    await expect(startRun(made.parts, made.orchestrations, model, asked)).rejects.toMatchObject({
      kind: 'conflict',
    });
    made.status = 'missing';
    const second = await startRun(made.parts, made.orchestrations, model, asked);
    expect(made.started).toEqual([first.runId, second.runId]);
    expect(await readRun(made.parts, model, first.runId)).toMatchObject({ status: 'failed' });
    expect((await eventsOf(made, first))[1]).toMatchObject({ eventType: 'FAIL' });
  });

  it('leaves the model free where it could not be started', async () => {
    const made = await world();
    const failing = { ...made.orchestrations, start: async () => Promise.reject(new Error('no host')) };
    await expect(startRun(made.parts, failing, model, asked)).rejects.toMatchObject({ kind: 'unavailable' });
    await startRun(made.parts, made.orchestrations, model, asked);
    expect(made.started).toHaveLength(1);
  });

  it('lets one of two that start at the same time begin', async () => {
    const made = await world();
    const both = [0, 1].map(async () => startRun(made.parts, made.orchestrations, model, asked));
    const settled = await Promise.allSettled(both);
    expect(settled.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected']);
  });
});
