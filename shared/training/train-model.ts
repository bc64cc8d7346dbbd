import { BASELINE_FILE, makeBaseline, writeBaseline } from '../drift/baseline.ts';
import { type CompiledContract, compileContract } from '../features/compile.ts';
import { fitContract } from '../features/contract.ts';
import type { ModelDefinition } from '../features/definition.ts';
import type { CellValue, CheckedRow } from '../features/row-values.ts';
import { openScorer, type Scorer } from '../onnx/scorer.ts';
import { verifyExport, warmUp } from '../onnx/verify-model.ts';
import { sigmoid } from '../onnx/tree-ensemble.ts';
import { calibrate } from './calibrate.ts';
import type { Comparison } from './evaluation/compare.ts';
import type { GateResult } from './evaluation/gate-results.ts';
import { judge, measureVersion } from './evaluation/measure-version.ts';
import { formatHoldOut, type HoldOut, type SplitRows, splitRows } from './hold-out.ts';
import type { LabelledRows } from './labelled-rows.ts';
import type { FitOptions, FitProgress, FittedModel, LearnerName } from './learner.ts';
import { learnerOf } from './learners.ts';
import { selectRows } from './matrix.ts';
import type { LabelledMatrix } from './matrix.ts';
import { type Metrics, summarise } from './metrics.ts';
import type { Suite } from './expectations/suite.ts';
import { DEFINITION_FILE, SUITE_FILE } from './model-definition-file.ts';
import { permutationImportances } from './permutation-importance.ts';
import { sampleRows } from './sample-rows.ts';

/** onnxruntime has to give the learner's own probabilities to this tolerance. */
const EXPORT_TOLERANCE = 1e-5;
/** Threads of a fit where the caller does not say. */
const THREADS = 2;
/** Rows on which importances are measured: more would only cost time. */
const IMPORTANCE_ROWS = 10_000;

export interface TrainingRequest {
  readonly definition: ModelDefinition;
  readonly data: LabelledRows;
  readonly split: HoldOut;
  readonly learner: LearnerName;
  /** The learner's parameters; those not given get the defaults. */
  readonly params: object;
  readonly seed: number;
  /** Worker threads; the result does not depend on them. Default 2. */
  readonly threads?: number;
  /** Whether probabilities are calibrated on out-of-fold margins, which takes five more fits. */
  readonly calibrated: boolean;
  /** The model's expectations, which the version hands on to the next one's training. */
  readonly suite?: Suite | undefined;
  /** What the evaluation records of where the rows came from. */
  readonly dataset: {
    readonly version?: string | undefined;
    readonly trainingSet?: string | undefined;
    readonly sha256: string;
  };
  /** What callers have sent lately, in place of the training rows for later windows to be compared with. */
  readonly recent?: readonly Readonly<Record<string, CellValue>>[];
  /** Compares the candidate with the champion; without it no gate asks for one. */
  readonly compare?: (candidate: Candidate) => Promise<Comparison | undefined>;
  readonly onProgress?: FitProgress;
}

/** A fitted model on its held-out rows. */
export interface Candidate {
  readonly contract: CompiledContract;
  /** Numbers of the held-out rows. */
  readonly heldOut: Int32Array;
  /** Their probabilities. */
  readonly p: Float64Array;
}

export interface TrainedModel {
  readonly metrics: Metrics;
  readonly rows: { readonly training: number; readonly heldOut: number };
  readonly fitSeconds: number;
  /** All of the learner's parameters, with the number of trees that early stopping chose. */
  readonly params: FittedModel['params'];
  readonly gates: readonly GateResult[];
  /** The files of the version's folder. */
  readonly files: ReadonlyMap<string, Uint8Array>;
}

/**
 * Fits a model, measures it on the held-out rows and makes the files of its version.
 * @throws RangeError for a split that leaves no rows or only one class, Error where onnxruntime does not reproduce the learner
 */
export async function trainModel(request: TrainingRequest): Promise<TrainedModel> {
  const { definition, data, seed } = request;
  const layout = compileContract(definition);
  const parts = divide(request.split, layout, data);
  const contract = compileContract(fitContract(definition, pick(data, parts.training)));
  const training = partOf(contract, data, parts.training);
  const heldOut = partOf(contract, data, parts.heldOut);

  for (const [name, { y }] of Object.entries({ training, 'held-out': heldOut })) {
    if (!y.includes(0) || !y.includes(1))
      throw new RangeError(`All ${y.length} ${name} rows have the same label`);
  }

  const started = performance.now();
  const learner = learnerOf(request.learner);
  const options: FitOptions = { seed, threads: request.threads ?? THREADS, onProgress: request.onProgress };
  const fitted = await learner.fit(training, request.params, options);
  const fitSeconds = (performance.now() - started) / 1_000;
  const { model, platt } = request.calibrated
    ? await calibrate(learner, fitted, training, options)
    : { model: fitted, platt: undefined };

  request.onProgress?.('measuring', 0, 1);
  const probabilities = model.margins(heldOut.x).map(sigmoid);
  const onnx = model.toOnnx(contract.featureNames, { model: definition.model });
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
    // What is measured are the file's own scores: whoever has the file can find the same numbers again.
    const scores = Float64Array.from(await scorer.score(heldOut.x.values, heldOut.x.rows));
    const metrics = summarise(heldOut.y, scores);
    const heldOutRows = pick(data, parts.heldOut);
    const samples = await sampleRows(contract, scorer, heldOutRows, heldOut.y, seed);
    const comparison = await request.compare?.({ contract, heldOut: parts.heldOut, p: scores });
    const measured = {
      ...measureVersion({
        definition,
        contract,
        training: { rows: pick(data, parts.training), matrix: training },
        heldOut: { rows: heldOutRows, matrix: heldOut },
        p: scores,
        seed,
      }),
      rowMs: await warmUp(scorer),
      modelBytes: onnx.byteLength,
      ...(comparison === undefined ? {} : { comparison }),
    };
    const evaluation = {
      metrics,
      split: formatHoldOut(request.split),
      rows: { training: training.x.rows, heldOut: heldOut.x.rows, gap: parts.gap.length },
      dataset: request.dataset,
      learner: learner.name,
      params: model.params,
      seed,
      ...(model.trees === undefined ? {} : { trees: model.trees }),
      ...(platt === undefined ? {} : { platt }),
      fitSeconds,
      exportCheck: { rows: heldOut.x.rows, worst: check.worst, tolerance: EXPORT_TOLERANCE },
      importances: importances(model, heldOut, contract, seed),
      ...measured,
      gates: judge(measured, definition),
    };
    const reference =
      request.recent === undefined
        ? { rows: pick(data, parts.training), features: training.x, scores }
        : await recentReference(contract, scorer, request.recent);
    const baseline = makeBaseline({ contract, labels: training.y, ...reference });
    const files = new Map<string, Uint8Array>([
      ['model.onnx', onnx],
      ['contract.json', json(contract.contract)],
      ['samples.json', json(samples)],
      ['evaluation.json', json(evaluation)],
      [BASELINE_FILE, writeBaseline(baseline)],
      [DEFINITION_FILE, json(definition)],
      ...(request.suite === undefined ? [] : [[SUITE_FILE, json(request.suite)] as const]),
    ]);
    return {
      metrics,
      rows: evaluation.rows,
      fitSeconds,
      params: model.params,
      gates: evaluation.gates,
      files,
    };
  } finally {
    await scorer.close();
  }
}

/** Logged rows that the contract takes, as the new version sees and scores them. */
async function recentReference(
  contract: CompiledContract,
  scorer: Scorer,
  recent: readonly Readonly<Record<string, CellValue>>[],
) {
  const rows = recent.flatMap((inputs) => {
    const checked = contract.check(inputs, '');
    return checked.ok ? [checked.row] : [];
  });
  const values = new Float32Array(rows.length * contract.width);
  for (const [at, row] of rows.entries()) contract.write(row, values, at * contract.width);
  const features = { rows: rows.length, columns: contract.width, values };
  return { rows, features, scores: await scorer.score(values, rows.length) };
}

function importances(model: FittedModel, part: LabelledMatrix, contract: CompiledContract, seed: number) {
  const step = Math.max(1, Math.ceil(part.x.rows / IMPORTANCE_ROWS));
  const { x, y } = selectRows(
    part,
    Array.from(part.y.keys()).filter((row) => row % step === 0),
  );
  return permutationImportances(model, x, y, contract.featureNames, seed, 3);
}

/** Divides rows by what a contract, fitted or not, knows of them. @throws RangeError as `splitRows` does */
export function divide(split: HoldOut, contract: CompiledContract, data: LabelledRows): SplitRows {
  return splitRows(split, {
    rows: data.rows.length,
    eventTime: (row) => contract.eventTime(rowAt(data, row)),
    cell: (row) => data.extra[row],
    label: (row) => data.labels[row],
  });
}

/** Rows as the model sees them. */
export function partOf(contract: CompiledContract, data: LabelledRows, rows: Int32Array): LabelledMatrix {
  const values = new Float32Array(rows.length * contract.width);
  for (const [to, from] of rows.entries()) contract.write(rowAt(data, from), values, to * contract.width);
  return {
    x: { rows: rows.length, columns: contract.width, values },
    y: Uint8Array.from(rows, (row) => data.labels[row] ?? 0),
  };
}

/** Rows as they were checked. */
export function pick(data: LabelledRows, rows: Int32Array): CheckedRow[] {
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
