import { z } from 'zod';
import { Failure } from '../failure.ts';
import { checkTrainingSet } from './check-training-set.ts';
import { recordLineage } from './record-lineage.ts';
import { registerBest } from './register-run.ts';
import { registeredBy } from './register-version.ts';
import { type RetrainParts, RunEnd } from './retrain-parts.ts';
import { allDatasets, datasetOf, definitionOf, needNewRows, trainingSetOf } from './run-inputs.ts';
import type { RunRow } from './run-record.ts';
import { searchOf } from './run-search.ts';
import { trialRecord } from './trial-record.ts';
import type { RunRef } from './runs.ts';
import { datasetRows, storeTrainingSet } from './training-set-store.ts';

/** What is to be done next; without trials the step is to be taken again, unless the run is over. */
export const retrainNextSchema = z.object({
  done: z.boolean(),
  trials: z.array(z.object({ rung: z.int(), trial: z.int() })),
});
export type RetrainNext = z.infer<typeof retrainNextSchema>;

/** Trials that are under way together: more would take all places of activities, and a promotion's checks would wait. */
const TOGETHER = 2;
const DAY_MS = 86_400_000;
/** Older predictions tell little of what comes. */
const PREDICTIONS_DAYS = 90;

/**
 * Takes a run's next step. Everything that is known is in the run's document and written once a step is complete, so a
 * step that is taken twice, or was cut off, ends the same.
 * @throws Failure `unavailable`, where trying again may help, and what a thread that was killed throws
 */
export async function advanceRun(parts: RetrainParts, { model, runId }: RunRef): Promise<RetrainNext> {
  const row = await parts.runs.read(model, runId);
  if (row === undefined) throw new Failure('unavailable', `The run ${runId} is missing`);
  if (row.step === 'validate' || row.status !== 'running') await recordLineage(parts, row);
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
  const chosen = { ...trial, params: { ...trial.params } };
  const answer = await parts.work({
    kind: 'trial',
    definition,
    bytes,
    delimiter: manifest.delimiter,
    trial: chosen,
    share: next.share,
    rowSeed: row.seed,
  });
  const result = trialRecord(chosen, rung, answer);
  await parts.runs.change(model, runId, (now) => (isThere(now) ? {} : { trials: [...now.trials, result] }));
}

/** Records that a run could not go on. */
export async function giveUpRun(parts: RetrainParts, { model, runId }: RunRef, error: string): Promise<void> {
  const endedAt = nowOf(parts);
  const row = await parts.runs.change(model, runId, () => ({ status: 'failed', error, endedAt }));
  await recordLineage(parts, row);
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
    await checkTrainingSet(parts, row, definition);
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
    const before = await registeredBy(parts.registry, model, runId);
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
  const endedAt = nowOf(parts);
  const ended = await parts.runs.change(row.model, row.runId, () => ({ ...change, ...step, endedAt }));
  await recordLineage(parts, ended);
  return { done: true, trials: [] };
}

function nowOf({ time }: RetrainParts): string {
  return new Date(time()).toISOString();
}
