import { type CompiledContract, compileContract } from '../features/compile.ts';
import { fitContract } from '../features/contract.ts';
import type { ModelDefinition } from '../features/definition.ts';
import type { CheckedRow } from '../features/row-values.ts';
import { openScorer } from '../onnx/scorer.ts';
import { verifyExport } from '../onnx/verify-model.ts';
import { writeTreeEnsemble } from '../onnx/write-model.ts';
import type { BoostingParams } from './boosting-params.ts';
import { fitGradientBoosting } from './gradient-boosting.ts';
import { formatHoldOut, type HoldOut, splitRows } from './hold-out.ts';
import type { LabelledRows } from './labelled-rows.ts';
import type { LabelledMatrix } from './matrix.ts';
import { type Metrics, summarise } from './metrics.ts';
import { permutationImportances } from './permutation-importance.ts';
import { predictProbabilities } from './predict.ts';
import { createRandom } from './random.ts';
import { sampleRows } from './sample-rows.ts';

/** onnxruntime has to give the learner's own probabilities to this tolerance. */
const EXPORT_TOLERANCE = 1e-5;
/** Share of the training rows on which early stopping chooses the number of trees. */
const VALIDATION_SHARE = 0.15;
/** Rows on which importances are measured: more would only cost time. */
const IMPORTANCE_ROWS = 10_000;

export interface TrainingRequest {
  readonly definition: ModelDefinition;
  readonly data: LabelledRows;
  readonly split: HoldOut;
  readonly params: BoostingParams;
  /** What the evaluation records of where the rows came from. */
  readonly dataset: { readonly version?: string; readonly sha256: string };
  readonly onProgress?: (stage: string, done: number, total: number) => void;
}

export interface TrainedModel {
  readonly metrics: Metrics;
  readonly rows: { readonly training: number; readonly heldOut: number };
  readonly fitSeconds: number;
  readonly trees: number;
  /** The files of the version's folder. */
  readonly files: ReadonlyMap<string, Uint8Array>;
}

/**
 * Fits a model, measures it on the held-out rows and makes the files of its version.
 * @throws RangeError for a split that leaves no rows or only one class, Error where onnxruntime does not reproduce the learner
 */
export async function trainModel(request: TrainingRequest): Promise<TrainedModel> {
  const { definition, data, params } = request;
  const layout = compileContract(definition);
  const parts = splitRows(request.split, {
    rows: data.rows.length,
    eventTime: (row) => layout.eventTime(rowAt(data, row)),
    cell: (row) => data.extra[row],
  });
  const contract = compileContract(fitContract(definition, pick(data, parts.training)));
  const training = partOf(contract, data, parts.training);
  const heldOut = partOf(contract, data, parts.heldOut);

  for (const [name, { y }] of Object.entries({ training, 'held-out': heldOut })) {
    if (!y.includes(0) || !y.includes(1))
      throw new RangeError(`All ${y.length} ${name} rows have the same label`);
  }

  const started = performance.now();
  const ensemble = await fitChosenSize(training, params, request.onProgress);
  const fitSeconds = (performance.now() - started) / 1_000;

  const probabilities = predictProbabilities(ensemble, heldOut.x);
  const metrics = summarise(heldOut.y, probabilities);
  const onnx = writeTreeEnsemble(ensemble, contract.featureNames, { model: definition.model });
  const scorer = await openScorer(onnx, contract.width);
  try {
    const check = await verifyExport(
      scorer,
      heldOut.x.values,
      heldOut.x.rows,
      probabilities,
      EXPORT_TOLERANCE,
    );
    if (!check.ok)
      throw new Error(`onnxruntime is off the learner's probabilities by ${check.worst}: not exported`);
    const samples = await sampleRows(contract, scorer, pick(data, parts.heldOut), heldOut.y, params.seed);
    const evaluation = {
      metrics,
      split: formatHoldOut(request.split),
      rows: { training: training.x.rows, heldOut: heldOut.x.rows },
      dataset: request.dataset,
      learner: 'gradient_boosting',
      params,
      trees: ensemble.trees.length,
      fitSeconds,
      exportCheck: { rows: heldOut.x.rows, worst: check.worst, tolerance: EXPORT_TOLERANCE },
      importances: importances(ensemble, heldOut, contract, params.seed),
    };
    const files = new Map([
      ['model.onnx', onnx],
      ['contract.json', json(contract.contract)],
      ['samples.json', json(samples)],
      ['evaluation.json', json(evaluation)],
    ]);
    return { metrics, rows: evaluation.rows, fitSeconds, trees: ensemble.trees.length, files };
  } finally {
    await scorer.close();
  }
}

/** With early stopping: chooses the number of trees on a part of the rows, then fits that many on all of them. */
async function fitChosenSize(
  training: LabelledMatrix,
  params: BoostingParams,
  onProgress: TrainingRequest['onProgress'],
) {
  const progress = (stage: string) => (done: number, total: number) => onProgress?.(stage, done, total);
  if (params.earlyStoppingRounds === 0) {
    return (await fitGradientBoosting(training, undefined, params, progress('fitting'))).ensemble;
  }
  const draw = createRandom(params.seed);
  const isValidation = Uint8Array.from({ length: training.x.rows }, () =>
    draw() < VALIDATION_SHARE ? 1 : 0,
  );
  const fitted = await fitGradientBoosting(
    subset(training, (row) => isValidation[row] === 0),
    subset(training, (row) => isValidation[row] === 1),
    params,
    progress('choosing the number of trees'),
  );
  const chosen = { ...params, trees: Math.max(1, fitted.bestIteration), earlyStoppingRounds: 0 };
  return (await fitGradientBoosting(training, undefined, chosen, progress('fitting on all rows'))).ensemble;
}

function subset({ x, y }: LabelledMatrix, keep: (row: number) => boolean): LabelledMatrix {
  const rows = Array.from(y.keys()).filter(keep);
  const values = new Float32Array(rows.length * x.columns);
  for (const [to, from] of rows.entries()) {
    values.set(x.values.subarray(from * x.columns, (from + 1) * x.columns), to * x.columns);
  }
  return {
    x: { rows: rows.length, columns: x.columns, values },
    y: Uint8Array.from(rows, (row) => y[row] ?? 0),
  };
}

function importances(
  ensemble: Parameters<typeof predictProbabilities>[0],
  part: LabelledMatrix,
  contract: CompiledContract,
  seed: number,
) {
  const step = Math.max(1, Math.ceil(part.x.rows / IMPORTANCE_ROWS));
  const { x, y } = subset(part, (row) => row % step === 0);
  return permutationImportances(ensemble, x, y, contract.featureNames, seed, 3);
}

function partOf(contract: CompiledContract, data: LabelledRows, rows: Int32Array): LabelledMatrix {
  const values = new Float32Array(rows.length * contract.width);
  for (const [to, from] of rows.entries()) contract.write(rowAt(data, from), values, to * contract.width);
  return {
    x: { rows: rows.length, columns: contract.width, values },
    y: Uint8Array.from(rows, (row) => data.labels[row] ?? 0),
  };
}

function pick(data: LabelledRows, rows: Int32Array): CheckedRow[] {
  return Array.from(rows, (row) => rowAt(data, row));
}

function rowAt(data: LabelledRows, row: number): CheckedRow {
  const found = data.rows[row];
  if (found === undefined) throw new RangeError(`There is no row ${row}`);
  return found;
}

function json(value: unknown): Uint8Array {
  return Buffer.from(`${JSON.stringify(value, undefined, 2)}\n`);
}
