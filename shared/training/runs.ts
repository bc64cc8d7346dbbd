import { z } from 'zod';
import { Failure } from '../failure.ts';
import type { LineageLog } from '../lineage/lineage-log.ts';
import type { Blobs } from '../registry/ports.ts';
import type { Page, Registry } from '../registry/registry.ts';
import { isModelName, modelNameSchema } from '../registry/rows.ts';
import { definitionVersion } from './model-definition-file.ts';
import { recordLineage } from './record-lineage.ts';
import { type RunRow, type RunStore, type RunView, runIdSchema, runViewSchema } from './run-record.ts';

/** `POST …/retrain` */
export const retrainSchema = z.strictObject({ reason: z.string().trim().min(1).max(2_000) });
export const retrainStartedSchema = z.object({
  runId: z.string(),
  statusUrl: z.url().meta({ description: 'The run, at this app' }),
});

/** Which run an activity is of. */
export const runRefSchema = z.object({
  model: modelNameSchema,
  runId: runIdSchema,
  /** The trace of whoever started it; absent where telemetry was off. */
  traceparent: z.string().optional(),
});
export type RunRef = z.infer<typeof runRefSchema>;

/** What makes a run go on: one orchestration each. */
export interface RunOrchestrations {
  start(ref: RunRef): Promise<void>;
  status(runId: string): Promise<'going' | 'ended' | 'missing'>;
}

export interface RunParts {
  readonly runs: RunStore;
  readonly registry: Registry;
  readonly models: Blobs;
  readonly datasets: Blobs;
  readonly lineage: Pick<LineageLog, 'record'>;
  readonly newId: () => string;
  /** Milliseconds since 1970-01-01T00:00Z. */
  readonly time: () => number;
}

/** So long a run may be without its document or orchestration: it is being started. Milliseconds. */
const START_MS = 60_000;

/**
 * Starts a run; a model has one at a time.
 * @throws Failure `not-found`, `conflict` while another one runs or where no version has a definition, `unavailable`
 */
export async function startRun(
  parts: RunParts,
  orchestrations: RunOrchestrations,
  model: string,
  asked: Pick<RunRow, 'reason' | 'trigger' | 'drift'>,
): Promise<RunRef> {
  const { runs, registry } = parts;
  await checkModel(registry, model);
  const definitionOf = await definitionVersion(registry, model);
  const before = await runs.turn(model);
  if (before !== undefined && (await isRunning(parts, orchestrations, before.turn)))
    throw new Failure('conflict', `The run ${before.turn.runId} of '${model}' has not ended yet`);
  const runId = parts.newId();
  const number = parts.time();
  const startedAt = new Date(number).toISOString();
  const turn = { kind: 'retraining' as const, model, runId, takenAt: startedAt };
  if (!(await runs.takeTurn(turn, before?.stored)))
    throw new Failure('conflict', `Another run of '${model}' has just been started`);
  await runs.create({
    kind: 'run',
    model,
    runId,
    number,
    ...asked,
    status: 'running',
    step: 'validate',
    startedAt,
    // The same data give the same version, whenever it is made.
    seed: 0,
    definitionOf,
    trials: [],
    datasets: [],
    plannedPromotion: parts.newId(),
  });
  try {
    await orchestrations.start({ model, runId });
  } catch (cause) {
    const error = 'It could not be started';
    const row = await runs.change(model, runId, () => ({ status: 'failed', error, endedAt: startedAt }));
    await recordLineage(parts, row);
    throw new Failure('unavailable', 'The retrain could not be started', { cause });
  }
  return { model, runId };
}

/** Whether the run that has the turn still goes on; one whose orchestration is gone is recorded as failed. */
async function isRunning(
  parts: RunParts,
  orchestrations: RunOrchestrations,
  { model, runId, takenAt }: { readonly model: string; readonly runId: string; readonly takenAt: string },
): Promise<boolean> {
  const { runs, time } = parts;
  const row = await runs.read(model, runId);
  if (row !== undefined && row.status !== 'running') return false;
  if (time() - Date.parse(takenAt) < START_MS) return true;
  if (row === undefined) return false;
  if ((await orchestrations.status(runId)) === 'going') return true;
  const error = 'It ended before it was done';
  const end = { status: 'failed' as const, error, endedAt: new Date(time()).toISOString() };
  // Before the document: nobody comes back to a run that has ended and has no orchestration.
  await recordLineage(parts, { ...row, ...end });
  await runs.change(model, runId, () => end);
  return false;
}

/** A run. @throws Failure `not-found`, `unavailable` */
export async function readRun({ runs }: RunParts, model: string, runId: string): Promise<RunView> {
  return runViewSchema.parse(await find(runs, model, runId));
}

/** Runs of a model, newest first. @param after a run's id @throws Failure `not-found`, `unavailable` */
export async function listRuns(
  { runs, registry }: RunParts,
  model: string,
  limit: number,
  after: string | undefined,
): Promise<Page<RunView>> {
  await checkModel(registry, model);
  const before = after === undefined ? undefined : (await find(runs, model, after)).number;
  const found = await runs.list(model, limit + 1, before);
  const items = found.slice(0, limit).map((row) => runViewSchema.parse(row));
  const last = items.at(-1);
  return found.length > limit && last !== undefined ? { items, next: last.runId } : { items };
}

async function checkModel(registry: Registry, model: string): Promise<void> {
  if (!isModelName(model) || (await registry.traffic(model)) === undefined)
    throw new Failure('not-found', 'There is no model of that name');
}

async function find(runs: RunStore, model: string, runId: string): Promise<RunRow> {
  const isId = isModelName(model) && runIdSchema.safeParse(runId).success;
  const row = isId ? await runs.read(model, runId) : undefined;
  if (row === undefined) throw new Failure('not-found', 'There is no such run');
  return row;
}
