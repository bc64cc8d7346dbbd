import { parseContract } from '../features/contract.ts';
import { messageOf } from '../failure.ts';
import { readVerified } from '../registry/model-folder.ts';
import type { Blobs } from '../registry/ports.ts';
import type { Registry } from '../registry/registry.ts';
import type { VersionRow } from '../registry/rows.ts';
import { readDataset } from './dataset-store.ts';
import { parseEvaluation } from './evaluation/card.ts';
import { type RecordedData, refit, reproduceEvaluation } from './reproduce-evaluation.ts';
import { compareRecorded, type Comparison } from './reproduced-numbers.ts';
import { readTrainingSet } from './training-set-store.ts';

/** What a version's numbers are compared to. The same code on the same data gives every bit again. */
export const TOLERANCE = 1e-9;

/** What was found of a version. */
export interface Verification {
  readonly model: string;
  readonly version: string;
  /** Whether nothing was found. */
  readonly verified: boolean;
  /** What could not be reproduced, each naming the file or the number. */
  readonly problems: string[];
  /** Files whose SHA-256 is the registered one. */
  readonly files: number;
  readonly tolerance: number;
  /** Absent where the files or the data are not there as they were recorded. */
  readonly evaluation?: Comparison;
  readonly refit?: Comparison & { readonly sameModel: boolean };
}

export interface VerifyParts {
  readonly registry: Registry;
  readonly models: Blobs;
  readonly datasets: Blobs;
}

/**
 * Reads every file of a version, checks it against the registry, and makes the evaluation again from the recorded data,
 * split and seed with the version's own `model.onnx`.
 * @param options.refit whether the model is also fitted again
 * @throws Failure `unavailable`
 */
export async function verifyVersion(
  { registry, models, datasets }: VerifyParts,
  row: VersionRow,
  options: { readonly refit: boolean; readonly tolerance?: number },
): Promise<Verification> {
  const { model, version } = row;
  const { tolerance = TOLERANCE } = options;
  const { files, problems } = await readAll(models, row);
  const facts = { model, version, files: files.size, tolerance };
  const [onnx, contractFile, evaluationFile] = ['model.onnx', 'contract.json', 'evaluation.json'].map(
    (name) => {
      const bytes = files.get(name);
      if (bytes === undefined && !row.files.some((file) => file.name === name))
        problems.push(`${model}/${version} has no ${name} in the registry`);
      return bytes;
    },
  );
  if (onnx === undefined || contractFile === undefined || evaluationFile === undefined)
    return { ...facts, verified: false, problems };
  try {
    const contract = parseContract(JSON.parse(Buffer.from(contractFile).toString('utf8')));
    const evaluation = parseEvaluation(evaluationFile);
    const recorded = { onnx, contract, evaluation };
    const data = await readRecordedData({ registry, datasets }, row, evaluation.dataset.sha256);
    problems.push(...registryProblems(row, evaluation));
    const sides = await reproduceEvaluation(recorded, data);
    const again = compareRecorded(sides.recorded, sides.reproduced, tolerance);
    problems.push(...again.differences.map((difference) => told('evaluation.json', difference)));
    if (!options.refit) return { ...facts, verified: problems.length === 0, problems, evaluation: again };
    const fitted = await refit(recorded, data);
    const fit = compareRecorded(fitted.recorded, fitted.reproduced, tolerance);
    problems.push(...fit.differences.map((difference) => told('the fit', difference)));
    return {
      ...facts,
      verified: problems.length === 0,
      problems,
      evaluation: again,
      refit: { ...fit, sameModel: fitted.sameModel },
    };
  } catch (error) {
    problems.push(`The evaluation could not be made again: ${messageOf(error)}`);
    return { ...facts, verified: false, problems };
  }
}

async function readAll(
  models: Blobs,
  row: VersionRow,
): Promise<{ files: Map<string, Uint8Array>; problems: string[] }> {
  const files = new Map<string, Uint8Array>();
  const problems: string[] = [];
  for (const { name } of row.files) {
    try {
      // In sequence, so that problems are told in the order of the files
      files.set(name, await readVerified(models, row, name));
    } catch (error) {
      problems.push(messageOf(error));
    }
  }
  return { files, problems };
}

/** The rows that the evaluation names: a data set version's, or those that the run assembled. @throws Error where neither has them */
export async function readRecordedData(
  { registry, datasets }: Omit<VerifyParts, 'models'>,
  row: VersionRow,
  sha256: string,
): Promise<RecordedData> {
  const dataset = await registry.dataset(row.model, row.datasetVersion);
  if (dataset?.file.sha256 === sha256)
    return { bytes: await readDataset(datasets, dataset), delimiter: dataset.delimiter };
  const set = await readTrainingSet(datasets, row.model, row.createdBy.run);
  if (set?.manifest.file.sha256 === sha256) return { bytes: set.bytes, delimiter: set.manifest.delimiter };
  throw new Error(
    `no data with SHA-256 ${sha256} is on record: neither data set version ${row.datasetVersion} of '${row.model}' nor the training set of run ${row.createdBy.run}`,
  );
}

/** What the registry says of a version that its evaluation does not. */
function registryProblems(row: VersionRow, evaluation: ReturnType<typeof parseEvaluation>): string[] {
  const { learner, seed = row.seed, intervals = {}, rows } = evaluation;
  const values = Object.entries(intervals).map(([name, { value }]): [string, number | null] => [name, value]);
  const metrics = [...values, ...Object.entries(evaluation.metrics)];
  const registered = { learner: row.learner, seed: row.seed, metrics: row.metrics, rows: row.rows };
  // The registry may be told less than all of them.
  const known = Object.fromEntries(metrics.filter(([name]) => name in row.metrics));
  const recorded = {
    learner,
    seed,
    metrics: known,
    rows: { training: rows.training, heldOut: rows.heldOut },
  };
  return compareRecorded(registered, recorded, 0).differences.map((difference) =>
    told('the registry row', difference),
  );
}

function told(where: string, { path, recorded, reproduced }: Comparison['differences'][number]): string {
  return `${where} says ${path} = ${JSON.stringify(recorded)}; reproduced is ${JSON.stringify(reproduced)}`;
}
