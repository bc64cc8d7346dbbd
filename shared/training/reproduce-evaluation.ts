import { compileContract } from '../features/compile.ts';
import { type Contract, sharedPartsOf } from '../features/contract.ts';
import type { ModelDefinition } from '../features/definition.ts';
import { openScorer } from '../onnx/scorer.ts';
import { delimiterFor } from './csv-table.ts';
import { parseEvaluation } from './evaluation/card.ts';
import type { Evaluation } from './evaluation/evaluation-schema.ts';
import { measureVersion } from './evaluation/measure-version.ts';
import { parseHoldOut } from './hold-out.ts';
import { type LabelledRows, readLabelledRows } from './labelled-rows.ts';
import { learnerNameSchema } from './learner.ts';
import { summarise } from './metrics.ts';
import { divide, partOf, pick, trainModel } from './train-model.ts';

/** What a version's folder records of how it was made and measured. */
export interface RecordedVersion {
  readonly onnx: Uint8Array;
  readonly contract: Contract;
  readonly evaluation: Evaluation;
}

/** The rows that a version was trained and measured on. */
export interface RecordedData {
  readonly bytes: Uint8Array;
  /** Absent where nobody recorded it: then it is found from the first line. */
  readonly delimiter?: string | undefined;
}

/** The parts of `evaluation.json` that follow from the data, the split, the seed and the model file. */
const REPRODUCIBLE = [
  'metrics',
  'rows',
  'positives',
  'spans',
  'intervals',
  'resampling',
  'segments',
  'singleFeatures',
] as const satisfies readonly (keyof Evaluation)[];

/** Only what a fit adds to them; the fit's duration and a row's are those of the machine and its load. */
const REPRODUCIBLE_BY_FIT = [...REPRODUCIBLE, 'params', 'trees', 'platt', 'importances'] as const;

/** The reproducible parts that are recorded, of either side. */
export interface Sides {
  readonly recorded: object;
  readonly reproduced: object;
}

/**
 * Measures a version again on its held-out rows, with the scores that its own `model.onnx` gives.
 * @throws CsvFault, RowsFault, RangeError, ModelFileError, ScoringError where it can't be
 */
export async function reproduceEvaluation(version: RecordedVersion, data: RecordedData): Promise<Sides> {
  const { evaluation } = version;
  const { contract, rows, parts, training, heldOut, p } = await recordedParts(version, data);
  const { maturity, costs } = evaluation;
  const measured = measureVersion({
    definition: {
      ...(costs === undefined ? {} : { costs }),
      labelling: maturity === undefined ? undefined : { maturity },
    },
    contract,
    training: { rows: pick(rows, parts.training), matrix: training },
    heldOut: { rows: pick(rows, parts.heldOut), matrix: heldOut },
    p,
    seed: evaluation.resampling?.seed ?? evaluation.seed ?? 0,
  });
  const reproduced = {
    ...measured,
    metrics: summarise(heldOut.y, p),
    rows: { training: training.x.rows, heldOut: heldOut.x.rows, gap: parts.gap.length },
  };
  return sidesOf(evaluation, reproduced, REPRODUCIBLE);
}

/**
 * The rows that a version was trained and measured on, with the scores that its own `model.onnx` gives to the latter.
 * @throws as `reproduceEvaluation`
 */
export async function recordedParts(version: RecordedVersion, data: RecordedData) {
  const contract = compileContract(version.contract);
  const rows = readRows(version, data);
  const parts = divide(parseHoldOut(version.evaluation.split), contract, rows);
  const heldOut = partOf(contract, rows, parts.heldOut);
  const scorer = await openScorer(version.onnx, contract.width);
  try {
    const p = Float64Array.from(await scorer.score(heldOut.x.values, heldOut.x.rows));
    return { contract, rows, parts, training: partOf(contract, rows, parts.training), heldOut, p };
  } finally {
    await scorer.close();
  }
}

/** A version that was fitted again. */
export interface Refit extends Sides {
  /** Whether the very same bytes of `model.onnx` came out. */
  readonly sameModel: boolean;
}

/**
 * Fits a version again from its recorded learner, parameters and seed.
 * @throws as `trainModel`, {z.ZodError} for a learner that is none of this release
 */
export async function refit(version: RecordedVersion, data: RecordedData): Promise<Refit> {
  const { evaluation } = version;
  const trained = await trainModel({
    definition: definitionOf(version),
    data: readRows(version, data),
    split: parseHoldOut(evaluation.split),
    learner: learnerNameSchema.parse(evaluation.learner),
    params: evaluation.params,
    seed: evaluation.seed ?? 0,
    calibrated: evaluation['platt'] !== undefined,
    dataset: { sha256: evaluation.dataset.sha256 },
  });
  const again = parseEvaluation(trained.files.get('evaluation.json') ?? new Uint8Array());
  const onnx = trained.files.get('model.onnx');
  return {
    ...sidesOf(evaluation, again, REPRODUCIBLE_BY_FIT),
    sameModel: onnx !== undefined && Buffer.compare(onnx, version.onnx) === 0,
  };
}

function readRows({ contract, evaluation }: RecordedVersion, data: RecordedData): LabelledRows {
  const split = parseHoldOut(evaluation.split);
  return readLabelledRows(
    compileContract(contract),
    data.bytes,
    data.delimiter ?? delimiterOf(contract, data.bytes),
    split.by === 'column' ? split.column : undefined,
  );
}

function delimiterOf(contract: Contract, bytes: Uint8Array): string {
  const end = bytes.indexOf(0x0a);
  const firstLine = Buffer.from(bytes.subarray(0, end === -1 ? bytes.length : end)).toString('utf8');
  return delimiterFor(new Set(contract.columns.map(({ name }) => name)), ',')(firstLine);
}

/** The definition that a contract was fitted from, as far as a fit depends on it. */
function definitionOf({ contract, evaluation }: RecordedVersion): ModelDefinition {
  const { costs, maturity } = evaluation;
  return {
    ...sharedPartsOf(contract),
    ...(costs === undefined ? {} : { costs }),
    // The choice for unlabelled rows was made when the data were assembled.
    ...(maturity === undefined ? {} : { labelling: { maturity, unlabelled: 'drop' } }),
  };
}

/** Early versions recorded less: what is not there is not compared. */
function sidesOf(evaluation: Evaluation, again: object, names: readonly string[]): Sides {
  const recorded = Object.entries(evaluation).filter(
    ([name, value]) => names.includes(name) && value !== undefined,
  );
  const kept = new Set(recorded.map(([name]) => name));
  const reproduced = Object.entries(again).filter(([name]) => kept.has(name));
  return { recorded: Object.fromEntries(recorded), reproduced: Object.fromEntries(reproduced) };
}
