import { recentInputs } from '../drift/recent-inputs.ts';
import type { ModelDefinition } from '../features/definition.ts';
import { readVersionSuite } from './model-definition-file.ts';
import { readVerified } from '../registry/model-folder.ts';
import type { VersionRow } from '../registry/rows.ts';
import { readDataset } from './dataset-store.ts';
import { parseEvaluation } from './evaluation/card.ts';
import { bestAccepted } from './best-accepted.ts';
import type { Verdict } from './evaluation/gate-results.ts';
import { type Registered, registerVersion } from './register-version.ts';
import type { ChampionParts, VersionDone } from './retrain-job.ts';
import { type RetrainParts, RunEnd } from './retrain-parts.ts';
import { datasetOf, definitionOf, trainingSetOf } from './run-inputs.ts';
import type { RunRow } from './run-record.ts';
import { searchOf } from './run-search.ts';
import type { Trial } from './search.ts';
import { readTrainingSet } from './training-set-store.ts';

type ChampionSources = Pick<RetrainParts, 'registry' | 'models' | 'datasets'>;

/** Fits the search's best trial on all rows, or the next one where its gates refuse it, and registers what came of it. */
export async function registerBest(parts: RetrainParts, row: RunRow): Promise<Registered> {
  const { model, runId } = row;
  const definition = await definitionOf(parts, row);
  const { next } = searchOf(definition, row);
  if (next.kind !== 'best') throw new RunEnd('failed', 'The search has no best trial');
  const { manifest, bytes } = await trainingSetOf(parts, row);
  const datasetVersion = row.datasets[0] ?? '';
  const champion = await championParts(parts, model);
  const origin = await parts.registry.version(model, row.definitionOf);
  const suite = origin && (await readVersionSuite(parts.models, origin));
  const recent = await recentRows(parts, row);
  const make = async (trial: Trial): Promise<VersionDone> => {
    const answer = await parts.work({
      kind: 'version',
      definition,
      bytes,
      delimiter: manifest.delimiter,
      trial: { ...trial, params: { ...trial.params } },
      dataset: { version: datasetVersion, trainingSet: runId, sha256: manifest.file.sha256 },
      ...(champion === undefined ? {} : { champion }),
      ...(suite === undefined ? {} : { suite }),
      ...(recent === undefined ? {} : { recent }),
    });
    if (answer.kind === 'version') return answer;
    throw new RunEnd('failed', answer.kind === 'refused' ? answer.message : 'There is no version');
  };
  const { trial, made, verdict } = await bestAccepted([next.trial, ...next.runnersUp], make);
  return registerMade(parts, row, definition, trial, { ...made, verdict }, datasetVersion);
}

/** Fewer rows make a baseline that is mostly noise. */
const LEAST_RECENT = 2_000;
const MOST_RECENT = 20_000;

/**
 * What callers have sent since a drift was confirmed, or else since it began, for the version that is made because of
 * it: held against older rows, it would be found to drift from its first day on.
 */
async function recentRows({ logs }: RetrainParts, { model, number, drift }: RunRow) {
  for (const from of drift === undefined ? [] : [drift.confirmed, drift.since]) {
    const window = { from: Date.parse(from), to: number, most: MOST_RECENT };
    // In sequence: the second is asked only where the first has too few
    const rows = await recentInputs(logs.predictions, model, window);
    if (rows.length >= LEAST_RECENT) return rows;
  }
  return undefined;
}

/** Registers what a run has made, with what the gates say of it. @throws Failure `unavailable` */
async function registerMade(
  parts: RetrainParts,
  { model, runId }: RunRow,
  definition: ModelDefinition,
  { learner, seed }: { readonly learner: string; readonly seed: number },
  made: VersionDone & { readonly verdict: Verdict },
  datasetVersion: string,
): Promise<Registered> {
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
  return registerVersion(parts.registry, parts.models, made, facts, at);
}

/** The champion's model, and the rows that it was made from; undefined where the model has no version. */
export async function championParts(
  parts: ChampionSources,
  model: string,
): Promise<ChampionParts | undefined> {
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

async function championDataset(parts: ChampionSources, { model, datasetVersion }: VersionRow) {
  const dataset = await datasetOf(parts, model, datasetVersion);
  return { bytes: await readDataset(parts.datasets, dataset), delimiter: dataset.delimiter ?? ',' };
}
