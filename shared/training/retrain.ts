import { z } from 'zod';
import type { ModelDefinition } from '../features/definition.ts';
import { Failure } from '../failure.ts';
import type { OutcomeLogs } from '../outcomes/join.ts';
import { readVerified } from '../registry/model-folder.ts';
import type { Blobs } from '../registry/ports.ts';
import type { DatasetRow, VersionRow } from '../registry/rows.ts';
import { readDataset } from './dataset-store.ts';
import { parseEvaluation } from './evaluation/card.ts';
import { verdictOf } from './evaluation/gate-results.ts';
import { readVersionDefinition } from './model-definition-file.ts';
import { registerVersion } from './register-version.ts';
import type { ChampionParts, RetrainDone, RetrainJob, VersionDone } from './retrain-job.ts';
import type { RunRow } from './run-record.ts';
import type { RunParts, RunRef } from './runs.ts';
import { drawTrials, nextStep } from './search.ts';
import { type SearchPlan, searchPlanSchema } from './search-plan.ts';
import { datasetRows, readTrainingSet, storeTrainingSet } from './training-set-store.ts';

export interface RetrainParts extends RunParts {
  readonly models: Blobs;
  readonly datasets: Blobs;
  readonly logs: OutcomeLogs;
  /** Does a job off the main thread, one at a time. */
  readonly work: (job: RetrainJob) => Promise<RetrainDone>;
  /** Hands a version over to a promotion of this id, unless that has been done. @throws Failure where it is refused */
  readonly promote: (model: string, version: string, promotionId: string) => Promise<void>;
}

/** What is to be done next; without trials the step is to be taken again, unless the run is over. */
export const retrainNextSchema = z.object({
  done: z.boolean(),
  trials: z.array(z.object({ rung: z.int(), trial: z.int() })),
});
export type RetrainNext = z.infer<typeof retrainNextSchema>;

/** Trials that are under way together: more would take all places of activities, and a promotion's checks would wait. */
const TOGETHER = 2;
const PAGE = 200;
const DAY_MS = 86_400_000;
/** Older predictions tell little of what comes. */
const PREDICTIONS_DAYS = 90;

/** The data or the definition make no version, now or later; the message goes on record. */
class RunEnd extends Error {
  override readonly name = 'RunEnd';
  readonly status: 'failed' | 'skipped';
  constructor(status: 'failed' | 'skipped', message: string) {
    super(message);
    this.status = status;
  }
}

/**
 * Takes a run's next step. Everything that is known is in the run's document and written once a step is complete, so a
 * step that is taken twice, or was cut off, ends the same.
 * @throws Failure `unavailable`, where trying again may help, and what a thread that was killed throws
 */
export async function advanceRun(parts: RetrainParts, { model, runId }: RunRef): Promise<RetrainNext> {
  const row = await parts.runs.read(model, runId);
  if (row === undefined) throw new Failure('unavailable', `The run ${runId} is missing`);
  if (row.status !== 'running') return { done: true, trials: [] };
  try {
    return await STEPS[row.step](parts, row);
  } catch (error) {
    if (error instanceof RunEnd) return end(parts, row, { status: error.status, error: error.message });
    if (error instanceof Failure && error.kind !== 'unavailable')
      return end(parts, row, { status: 'failed', error: error.message });
    throw error;
  }
}

/** Fits one trial of a rung, unless it is on record, and records it. */
export async function runTrialOf(
  parts: RetrainParts,
  { model, runId }: RunRef,
  { rung, trial: number }: RetrainNext['trials'][number],
): Promise<void> {
  const row = await parts.runs.read(model, runId);
  if (row === undefined) throw new Failure('unavailable', `The run ${runId} is missing`);
  const isThere = ({ trials }: Pick<RunRow, 'trials'>) =>
    trials.some((done) => done.rung === rung && done.trial === number);
  if (row.status !== 'running' || isThere(row)) return;
  const definition = await definitionOf(parts, row);
  const { next, trials } = searchOf(definition, row);
  const trial = trials[number];
  if (next.kind !== 'rung' || next.rung !== rung || trial === undefined) return;
  const { manifest, bytes } = await trainingSetOf(parts, row);
  const answer = await parts.work({
    kind: 'trial',
    definition,
    bytes,
    delimiter: manifest.delimiter,
    trial: { ...trial, params: { ...trial.params } },
    share: next.share,
    rowSeed: row.seed,
  });
  const { learner, params, seed } = trial;
  const found =
    answer.kind === 'trial'
      ? { seconds: answer.seconds, metrics: answer.metrics }
      : { seconds: 0, metrics: {}, error: answer.kind === 'refused' ? answer.message : 'It has no figures' };
  const result = { rung, trial: number, learner, params: { ...params }, seed, ...found };
  await parts.runs.change(model, runId, (now) => (isThere(now) ? {} : { trials: [...now.trials, result] }));
}

/** Records that a run could not go on. */
export async function giveUpRun(parts: RetrainParts, { model, runId }: RunRef, error: string): Promise<void> {
  await parts.runs.change(model, runId, () => ({ status: 'failed', error, endedAt: nowOf(parts) }));
}

type Step = (parts: RetrainParts, row: RunRow) => Promise<RetrainNext>;
const AGAIN: RetrainNext = { done: false, trials: [] };

const STEPS: Readonly<Record<RunRow['step'], Step>> = {
  validate: async (parts, row) => {
    const all = await allDatasets(parts, row.model);
    const [newest] = all;
    if (newest === undefined) throw new RunEnd('failed', `'${row.model}' has no data set version`);
    if (newest.expectations?.success === false) {
      const failed = newest.expectations.failed.map((failure) => `\n  - ${failure}`).join('');
      throw new RunEnd(
        'failed',
        `Data set version ${newest.version} does not meet the expectations of '${newest.expectations.suite}':${failed}`,
      );
    }
    const usable = all.filter(({ expectations }) => expectations?.success !== false);
    return goOn(parts, row, { step: 'assemble', datasets: usable.map(({ version }) => version) });
  },

  assemble: async (parts, row) => {
    const definition = await definitionOf(parts, row);
    const rows = await Promise.all(row.datasets.map(async (version) => datasetOf(parts, row.model, version)));
    const asOf = row.number;
    const oldest = Math.min(...rows.map(({ createdAt }) => Date.parse(createdAt)));
    const predictionsFrom = Math.max(oldest, asOf - PREDICTIONS_DAYS * DAY_MS);
    const datasets = [];
    // In sequence: one after the other is read into memory
    for (const dataset of rows) datasets.push(await datasetRows(parts.datasets, definition, dataset));
    const request = { definition, datasets, predictionsFrom, asOf };
    await storeTrainingSet(parts.datasets, parts.logs, row.runId, request, new Date(asOf));
    if (row.trigger === 'schedule') await needNewRows(parts, row, definition);
    return goOn(parts, row, { step: 'search' });
  },

  search: async (parts, row) => {
    const { next } = searchOf(await definitionOf(parts, row), row);
    if (next.kind === 'best') return goOn(parts, row, { step: 'register' });
    if (next.kind === 'none') {
      const why =
        row.trials.find(({ error }) => error !== undefined)?.error ?? 'none has the metric that selects';
      throw new RunEnd('failed', `Every trial of the search has failed: ${why}`);
    }
    const { rung } = next;
    const open = next.trials.filter(
      ({ number }) => !row.trials.some((done) => done.rung === rung && done.trial === number),
    );
    return { done: false, trials: open.slice(0, TOGETHER).map(({ number: trial }) => ({ rung, trial })) };
  },

  register: async (parts, row) => {
    const { model, runId } = row;
    const before = await registeredBy(parts, model, runId);
    const { version, state, reason } = before ?? (await registerBest(parts, row));
    if (state === 'rejected')
      return end(parts, row, {
        status: 'rejected',
        version,
        ...(reason === undefined ? {} : { error: reason }),
      });
    return goOn(parts, row, { step: 'promote', version });
  },

  promote: async (parts, row) => {
    const { model, version, plannedPromotion: promotionId } = row;
    const definition = await definitionOf(parts, row);
    if (version === undefined || definition.retrain?.promote === false)
      return end(parts, row, { status: 'registered' });
    try {
      await parts.promote(model, version, promotionId);
    } catch (error) {
      if (!(error instanceof Failure) || error.kind === 'unavailable') throw error;
      return end(parts, row, { status: 'registered', error: `It is not promoted: ${error.message}` });
    }
    return end(parts, row, { status: 'registered', promotionId });
  },

  done: async (parts, row) => end(parts, row, { status: 'registered' }),
};

async function goOn({ runs }: RetrainParts, row: RunRow, change: Partial<RunRow>): Promise<RetrainNext> {
  // Another attempt may have been faster: then its step stands.
  await runs.change(row.model, row.runId, (now) => (now.step === row.step ? change : {}));
  return AGAIN;
}

async function end(parts: RetrainParts, row: RunRow, change: Partial<RunRow>): Promise<RetrainNext> {
  // The step that it ended at tells more than `done` where it failed.
  const step =
    change.status === 'registered' || change.status === 'rejected' ? { step: 'done' as const } : {};
  await parts.runs.change(row.model, row.runId, () => ({ ...change, ...step, endedAt: nowOf(parts) }));
  return { done: true, trials: [] };
}

function nowOf({ time }: RetrainParts): string {
  return new Date(time()).toISOString();
}

/** The definition's search; without one a single trial of the learner that it names. */
function planOf({ search, learner }: ModelDefinition): SearchPlan {
  if (search !== undefined) return search;
  const name = learner?.learner ?? 'gradient_boosting';
  return searchPlanSchema.parse({ trials: 1, rungs: 1, learners: { [name]: learner?.params ?? {} } });
}

/** Where a search is: a function of the definition and of the results on record. */
function searchOf(definition: ModelDefinition, row: RunRow) {
  const plan = planOf(definition);
  const trials = drawTrials(plan, row.seed);
  const finished = [];
  for (;;) {
    const next = nextStep(plan, trials, finished);
    if (next.kind !== 'rung') return { next, trials };
    const results = row.trials
      .filter(({ rung }) => rung === next.rung)
      .map(({ trial, metrics }) => ({ trial, value: metrics[plan.metric] ?? Number.NaN }));
    if (results.length < next.trials.length) return { next, trials };
    finished.push(results);
  }
}

async function definitionOf({ registry, models }: RetrainParts, row: RunRow): Promise<ModelDefinition> {
  const version = await registry.version(row.model, row.definitionOf);
  if (version === undefined) throw new RunEnd('failed', `Version ${row.definitionOf} is not registered`);
  return readVersionDefinition(models, version);
}

async function trainingSetOf({ datasets }: RetrainParts, row: RunRow) {
  const found = await readTrainingSet(datasets, row.model, row.runId);
  if (found === undefined) throw new RunEnd('failed', 'The training set is missing');
  return found;
}

async function datasetOf({ registry }: RetrainParts, model: string, version: string): Promise<DatasetRow> {
  const row = await registry.dataset(model, version);
  if (row === undefined) throw new RunEnd('failed', `Data set version ${version} is not registered`);
  return row;
}

async function allDatasets({ registry }: RetrainParts, model: string): Promise<DatasetRow[]> {
  const all: DatasetRow[] = [];
  let after: string | undefined;
  do {
    // In sequence: each page says where the next begins
    const { items, next } = await registry.datasets(model, PAGE, after);
    all.push(...items);
    after = next;
  } while (after !== undefined);
  return all;
}

/** @throws RunEnd `skipped` where the newest version knew nearly all the rows */
async function needNewRows(parts: RetrainParts, row: RunRow, definition: ModelDefinition): Promise<void> {
  const [newest] = (await parts.registry.versions(row.model, 1)).items;
  if (newest === undefined) return;
  const { manifest } = await trainingSetOf(parts, row);
  const before = await readTrainingSet(parts.datasets, row.model, newest.createdBy.run);
  const added = manifest.datasets.filter(({ version }) => Number(version) > Number(newest.datasetVersion));
  const ingested = added.reduce((sum, { used }) => sum + used, 0);
  const collected = usedOf(manifest) - (before === undefined ? 0 : usedOf(before.manifest));
  const found = ingested + Math.max(0, collected);
  const needed = definition.retrain?.minNewRows ?? MIN_NEW_ROWS;
  if (found < needed)
    throw new RunEnd(
      'skipped',
      `Only ${found} labelled rows are new since version ${newest.version}: a scheduled retrain needs ${needed}`,
    );
}

/** The definition's own default, where it says nothing of retrains. */
const MIN_NEW_ROWS = 200;

function usedOf({
  predictions,
}: {
  readonly predictions?: { readonly total: { readonly used: number } } | undefined;
}) {
  return predictions?.total.used ?? 0;
}

/** The version that an earlier attempt of the run has registered. */
async function registeredBy(
  { registry }: RetrainParts,
  model: string,
  runId: string,
): Promise<VersionRow | undefined> {
  const { items } = await registry.versions(model, PAGE);
  return items.find(({ createdBy }) => createdBy.run === runId);
}

interface Registered {
  readonly version: string;
  readonly state: string;
  readonly reason?: string | undefined;
}

async function registerBest(parts: RetrainParts, row: RunRow): Promise<Registered> {
  const { model, runId } = row;
  const definition = await definitionOf(parts, row);
  const { next } = searchOf(definition, row);
  if (next.kind !== 'best') throw new RunEnd('failed', 'The search has no best trial');
  const { manifest, bytes } = await trainingSetOf(parts, row);
  const datasetVersion = row.datasets[0] ?? '';
  const champion = await championParts(parts, model);
  const { trial } = next;
  const answer = await parts.work({
    kind: 'version',
    definition,
    bytes,
    delimiter: manifest.delimiter,
    trial: { ...trial, params: { ...trial.params } },
    dataset: { version: datasetVersion, trainingSet: runId, sha256: manifest.file.sha256 },
    ...(champion === undefined ? {} : { champion }),
  });
  if (answer.kind !== 'version')
    throw new RunEnd('failed', answer.kind === 'refused' ? answer.message : 'There is no version');
  // Fitting takes long enough for another attempt to have been faster.
  return (
    (await registeredBy(parts, model, runId)) ??
    register(parts, row, definition, trial, answer, datasetVersion)
  );
}

async function register(
  parts: RetrainParts,
  { model, runId }: RunRow,
  definition: ModelDefinition,
  { learner, seed }: { readonly learner: string; readonly seed: number },
  made: VersionDone,
  datasetVersion: string,
): Promise<Registered> {
  const verdict = verdictOf(made.gates);
  const facts = {
    model,
    title: definition.title,
    createdBy: { run: runId },
    learner,
    params: made.params,
    seed,
    datasetVersion,
  };
  const at = new Date(parts.time());
  const registered = await registerVersion(parts.registry, parts.models, { ...made, verdict }, facts, at);
  return { ...registered, reason: verdict.reason };
}

/** The champion's model, and the rows that it was made from. */
async function championParts(parts: RetrainParts, model: string): Promise<ChampionParts | undefined> {
  const traffic = await parts.registry.traffic(model);
  const version = traffic?.row.champion.version;
  const row = version === undefined ? undefined : await parts.registry.version(model, version);
  if (row === undefined || version === undefined) return undefined;
  const [onnx, contract, evaluation] = await Promise.all(
    ['model.onnx', 'contract.json', 'evaluation.json'].map(async (name) =>
      readVerified(parts.models, row, name),
    ),
  );
  const { split } = parseEvaluation(evaluation!);
  const made = await readTrainingSet(parts.datasets, model, row.createdBy.run);
  const rows =
    made === undefined
      ? await championDataset(parts, row)
      : { bytes: made.bytes, delimiter: made.manifest.delimiter };
  return {
    version,
    onnx: onnx!,
    contract: JSON.parse(Buffer.from(contract!).toString('utf8')),
    split,
    ...rows,
  };
}

async function championDataset(parts: RetrainParts, { model, datasetVersion }: VersionRow) {
  const dataset = await datasetOf(parts, model, datasetVersion);
  return { bytes: await readDataset(parts.datasets, dataset), delimiter: dataset.delimiter ?? ',' };
}
