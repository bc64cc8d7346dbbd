import { chosenTrial } from '../lineage/chosen-trial.ts';
import { collectedRows } from '../lineage/collected-rows.ts';
import {
  trainingCompleted,
  trainingEnded,
  type TrainingInputs,
  type TrainingRun,
  trainingStarted,
} from '../lineage/events.ts';
import type { RunEvent } from '../lineage/run-event.ts';
import { ModelRefused } from '../registry/model-folder.ts';
import type { VersionRow } from '../registry/rows.ts';
import { defaultHoldOut, formatHoldOut } from './hold-out.ts';
import { readVersionDefinition } from './model-definition-file.ts';
import type { RunRow } from './run-record.ts';
import type { RunParts } from './runs.ts';
import { readManifest } from './training-set-store.ts';

/**
 * Records the events of a run as far as it has come: its START, and what ended it. They are functions of what is on
 * record of the run, and each is stored once, so this may be done by any number of attempts; whoever has to do with a
 * run that has ended does it, because the one that ended it may not have got to it.
 * @throws Failure `unavailable`
 */
export async function recordLineage(parts: RunParts, row: RunRow): Promise<void> {
  const events = [trainingStarted(runOf(row), new Date(row.startedAt))];
  if (row.status !== 'running') events.push(await endOf(parts, row));
  await parts.lineage.record(row.model, events);
}

async function endOf(parts: RunParts, row: RunRow): Promise<RunEvent> {
  const { model, runId, status, error = 'It gave no reason' } = row;
  const at = new Date(row.endedAt ?? row.startedAt);
  const version = await parts.registry.settled(model, runId);
  const { split, ...inputs } = await inputsOf(parts, row);
  const run = { ...runOf(row), ...(split === undefined ? {} : { split }), ...choiceOf(row, version) };
  if (version !== undefined && (status === 'registered' || status === 'rejected'))
    return trainingCompleted(run, { ...inputs, version }, at);
  const how = status === 'skipped' ? 'ABORT' : 'FAIL';
  return trainingEnded(run, how, error, at, { ...inputs, version });
}

function runOf({ model, runId, seed, trigger, reason }: RunRow): TrainingRun {
  return { model, runId, seed, trigger, reason };
}

function choiceOf({ trials }: RunRow, version: VersionRow | undefined): Partial<TrainingRun> {
  if (version === undefined) return {};
  const trial = chosenTrial(trials, version);
  const { learner, params } = version;
  return { learner, params, ...(trial === undefined ? {} : { trial }) };
}

/** What the run has read, as far as it got. */
async function inputsOf(
  { registry, models, datasets }: RunParts,
  { model, runId, definitionOf, datasets: names }: RunRow,
): Promise<TrainingInputs & { readonly split?: string }> {
  const found = await Promise.all(names.map((name) => registry.dataset(model, name)));
  const rows = found.filter((row) => row !== undefined);
  const manifest = await readManifest(datasets, model, runId);
  const origin = manifest && (await registry.version(model, definitionOf));
  if (manifest === undefined || origin === undefined) return { datasets: rows };
  const definition = await readVersionDefinition(models, origin).catch((error: unknown) => {
    // What has spoiled the run must not keep its end from being recorded.
    if (error instanceof ModelRefused) return undefined;
    throw error;
  });
  if (definition === undefined) return { datasets: rows };
  const split = formatHoldOut(defaultHoldOut(definition));
  return { datasets: rows, collected: collectedRows(manifest, definition), split };
}
