import { z } from 'zod';
import { messageOf } from '../failure.ts';
import type { CompiledContract } from '../features/compile.ts';
import type { CellValue, CheckedRow } from '../features/row-values.ts';
import { modelNameSchema } from '../registry/rows.ts';
import { decide } from '../scoring/decide.ts';
import type { Matrix } from '../training/matrix.ts';
import { numberSpec, textSpec } from './column-bins.ts';
import { BLOCKED_COLUMN, FLAGGED_COLUMN, PredictionCounter, SCORE_COLUMN } from './count-predictions.ts';
import { type DriftColumn, featureColumns, inputColumns } from './drift-columns.ts';
import type { WindowHistogram } from './histogram.ts';
import { decodeHistogram, encodeHistogram } from './histogram-codec.ts';
import { type ColumnSpec, type HistogramSpec, histogramSpecSchema, specHash } from './histogram-spec.ts';

/** The file of a version's folder. */
export const BASELINE_FILE = 'baseline.json';

/** What later windows are compared with: the bins, and what the reference has in them. */
export interface Baseline {
  readonly model: string;
  readonly spec: HistogramSpec;
  readonly specHash: string;
  readonly reference: WindowHistogram;
}

/** What a baseline is made from. */
export interface BaselineRows {
  readonly contract: CompiledContract;
  /** What windows are to be compared with: as a rule the rows that the version was trained on. */
  readonly rows: readonly CheckedRow[];
  /** The same rows as the model sees them. */
  readonly features: Matrix;
  /** Labels of the rows that the version was trained on: 0 or 1. */
  readonly labels: ArrayLike<number>;
  /** Scores of rows that the version was not fitted on: those of its training rows are too good. */
  readonly scores: ArrayLike<number>;
}

const SCORE: DriftColumn = { column: SCORE_COLUMN, role: 'score', values: 'numbers' };
const DECISIONS = [FLAGGED_COLUMN, BLOCKED_COLUMN].map((column): DriftColumn => ({
  column,
  role: 'decision',
  values: 'flags',
}));

/** Makes the baseline of a version: its bins from the reference rows, and the same rows counted into them. */
export function makeBaseline({ contract, rows, features, labels, scores }: BaselineRows): Baseline {
  const layout = contract.contract;
  const inputs = inputColumns(layout);
  const label = layout.columns.find(({ role }) => role === 'label');
  const spec: ColumnSpec[] = [
    ...inputs.map((column) => inputSpec(column, contract, rows)),
    ...featureColumns(layout).map((column, index) => numberSpec(column, featureAt(features, index))),
    numberSpec(SCORE, Float64Array.from(scores)),
    ...DECISIONS.map((column) => numberSpec(column, Float64Array.of(0, 1))),
    ...(label === undefined
      ? []
      : [numberSpec({ column: label.name, role: 'label', values: 'flags' }, Float64Array.from(labels))]),
  ];
  const counter = new PredictionCounter(spec);
  for (const [index, row] of rows.entries()) {
    counter.addRow();
    counter.addInputs(Object.fromEntries(inputs.map(({ column }) => [column, contract.value(row, column)])));
    counter.addFeatures(features.values.subarray(index * features.columns, (index + 1) * features.columns));
  }
  for (let index = 0; index < labels.length; index += 1) counter.addLabel(labels[index] === 1 ? 1 : 0);
  for (let index = 0; index < scores.length; index += 1) {
    counter.addScore(scores[index]!);
    counter.addDecision(decide(scores[index]!, layout.policy));
  }
  return { model: layout.model, spec, specHash: specHash(spec), reference: counter.taken() };
}

const fileSchema = z.strictObject({
  formatVersion: z.literal(1),
  model: modelNameSchema,
  columns: histogramSpecSchema,
  /** The reference's counts: a histogram's bytes in base64. */
  reference: z.base64(),
});

/** The bytes of `baseline.json`. */
export function writeBaseline({ model, spec, reference }: Baseline): Buffer {
  const bytes = encodeHistogram({ model }, reference);
  const file: z.infer<typeof fileSchema> = {
    formatVersion: 1,
    model,
    columns: spec,
    reference: bytes.toString('base64'),
  };
  return Buffer.from(`${JSON.stringify(file)}\n`);
}

/** Reads a `baseline.json`. @throws Error naming what is wrong with it */
export function readBaseline(bytes: Uint8Array): Baseline {
  try {
    const file = fileSchema.parse(JSON.parse(Buffer.from(bytes).toString('utf8')));
    const { model, columns: spec } = file;
    const hash = specHash(spec);
    const { histogram } = decodeHistogram(Buffer.from(file.reference, 'base64'), spec, hash);
    return { model, spec, specHash: hash, reference: histogram };
  } catch (error) {
    throw new Error(`The baseline cannot be read: ${messageOf(error)}`, { cause: error });
  }
}

function inputSpec(column: DriftColumn, contract: CompiledContract, rows: readonly CheckedRow[]): ColumnSpec {
  if (column.values === 'numbers' || column.values === 'flags') {
    const values = rows.map((row) => numberOf(contract.value(row, column.column)));
    return numberSpec(column, Float64Array.from(values));
  }
  const counts = new Map<string, number>();
  for (const row of rows) {
    const value = contract.value(row, column.column);
    if (value !== null) counts.set(String(value), (counts.get(String(value)) ?? 0) + 1);
  }
  return textSpec(column, counts);
}

function numberOf(value: CellValue): number {
  return value === null ? Number.NaN : Number(value);
}

function featureAt({ rows, columns, values }: Matrix, column: number): Float64Array {
  return Float64Array.from({ length: rows }, (_, row) => values[row * columns + column]!);
}
