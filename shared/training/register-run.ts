import type { ModelDefinition } from '../features/definition.ts';
import { readVerified } from '../registry/model-folder.ts';
import type { VersionRow } from '../registry/rows.ts';
import { readDataset } from './dataset-store.ts';
import { parseEvaluation } from './evaluation/card.ts';
import { verdictOf } from './evaluation/gate-results.ts';
import { registerVersion } from './register-version.ts';
import type { ChampionParts, VersionDone } from './retrain-job.ts';
import { type RetrainParts, RunEnd } from './retrain-parts.ts';
import { datasetOf, definitionOf, trainingSetOf } from './run-inputs.ts';
import type { RunRow } from './run-record.ts';
import { searchOf } from './run-search.ts';
import { readTrainingSet } from './training-set-store.ts';

const PAGE = 200;

/** The version that an earlier attempt of the run has registered. */
export async function registeredBy(
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

/** Fits the search's best trial on all rows, judges it and registers what came of it. */
export async function registerBest(parts: RetrainParts, row: RunRow): Promise<Registered> {
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
