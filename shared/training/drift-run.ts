import { Failure } from '../failure.ts';
import { milliseconds } from '../promotion/duration.ts';
import { definitionVersion, readVersionDefinition } from './model-definition-file.ts';
import type { RunRow } from './run-record.ts';
import { type RunOrchestrations, type RunParts, startRun } from './runs.ts';

export interface DriftRunRequest {
  readonly reason: string;
  readonly drift: NonNullable<RunRow['drift']>;
}

/** Runs that are looked through for an earlier one. */
const LOOKED_AT = 50;
const DEFAULT_EVERY = '24h';

/**
 * Starts a run because of a drift, unless one runs already or has not long ago: a drift goes on being found until the
 * version that was made because of it serves.
 * @returns the run's id, or why none was started
 * @throws Failure `unavailable`
 */
export async function startDriftRun(
  parts: RunParts,
  orchestrations: RunOrchestrations,
  model: string,
  { reason, drift }: DriftRunRequest,
): Promise<{ readonly runId: string } | { readonly none: string }> {
  try {
    const row = await parts.registry.version(model, await definitionVersion(parts.registry, model));
    const definition = row && (await readVersionDefinition(parts.models, row));
    const every = definition?.retrain?.driftEvery ?? DEFAULT_EVERY;
    const earliest = parts.time() - milliseconds(every);
    const recent = (await parts.runs.list(model, LOOKED_AT, undefined)).find(
      ({ trigger, status, number }) => trigger === 'drift' && status !== 'failed' && number > earliest,
    );
    if (recent !== undefined)
      return { none: `run ${recent.runId} was started because of a drift less than ${every} ago` };
    return await startRun(parts, orchestrations, model, { reason, trigger: 'drift', drift });
  } catch (error) {
    if (!(error instanceof Failure) || error.retryable) throw error;
    return { none: error.message };
  }
}
