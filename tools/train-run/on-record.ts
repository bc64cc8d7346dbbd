import type { App } from '../../shared/app.ts';
import { messageOf } from '../../shared/failure.ts';
import type { ModelDefinition } from '../../shared/features/definition.ts';
import { chosenTrial } from '../../shared/lineage/chosen-trial.ts';
import {
  trainingCompleted,
  trainingEnded,
  type TrainingRun,
  trainingStarted,
} from '../../shared/lineage/events.ts';
import type { VersionRow } from '../../shared/registry/rows.ts';
import { registerVersion } from '../../shared/training/register-version.ts';
import type { MadeVersion } from './made-version.ts';
import { datasetOf } from './rows-source.ts';

/**
 * Has a version made and registers it, with the run on record: its lineage, also where it fails or is stopped, and its
 * trials.
 * @param signal once it is given nothing is registered any more
 */
export async function registerOnRecord(
  app: App,
  definition: ModelDefinition,
  run: TrainingRun,
  make: () => Promise<MadeVersion>,
  signal: AbortSignal | undefined,
): Promise<{ readonly made: MadeVersion; readonly row: VersionRow }> {
  const { model } = run;
  const startedAt = new Date();
  await app.lineage.record(model, [trainingStarted(run, startedAt)]);
  try {
    const made = await make();
    signal?.throwIfAborted();
    const row = await register(app, definition, run, made, startedAt);
    return { made, row };
  } catch (error) {
    const how = signal?.aborted === true ? 'ABORT' : 'FAIL';
    const ended = trainingEnded(run, how, messageOf(error), new Date());
    await app.lineage.record(model, [ended]).catch((failure: unknown) => {
      throw new AggregateError([error, failure], `${messageOf(error)} (and that could not be recorded)`, {
        cause: error,
      });
    });
    throw error;
  }
}

async function register(
  app: App,
  { title }: ModelDefinition,
  run: TrainingRun,
  made: MadeVersion,
  startedAt: Date,
): Promise<VersionRow> {
  const { model, runId } = run;
  const { learner, params, seed, trials } = made;
  const at = new Date();
  const dataset = await datasetOf(app, model, made.source, at);
  const datasetVersion = dataset.version;
  const facts = { model, title, createdBy: { run: runId }, learner, params, seed, datasetVersion };
  const { version, reason } = await registerVersion(app.registry, app.models, made, facts, at);
  const row = await app.registry.version(model, version);
  if (row === undefined) throw new Error(`Version ${version} of '${model}' is not on record`);
  const trial = trials && chosenTrial(trials, row);
  const completed = { ...run, learner, params, ...(trial === undefined ? {} : { trial }) };
  await app.lineage.record(model, [trainingCompleted(completed, { version: row, datasets: [dataset] }, at)]);
  if (trials !== undefined)
    await app.retraining.runs.create({
      kind: 'run',
      model,
      runId,
      number: startedAt.getTime(),
      trigger: 'command',
      reason: 'npm run train',
      status: row.state === 'rejected' ? 'rejected' : 'registered',
      step: 'done',
      startedAt: startedAt.toISOString(),
      endedAt: at.toISOString(),
      seed: run.seed,
      definitionOf: version,
      datasets: [datasetVersion],
      trials: [...trials],
      version,
      plannedPromotion: app.newId(),
      ...(reason === undefined ? {} : { error: reason }),
    });
  return row;
}
