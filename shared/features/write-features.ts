import type { Column, Feature } from './definition.ts';
import type { CellValue, CheckedRow } from './row-values.ts';
import { type TimePart, timePart } from './timestamp.ts';

/** Writes the features of one declaration, starting at `offset`; a value that can't be computed is a NaN. */
export type FeatureWriter = (row: CheckedRow, out: Float32Array, offset: number) => void;

/** The fitted tables of frequencies: by column, the share of each value. */
export type FrequencyTables = ReadonlyMap<string, ReadonlyMap<string, number>>;

const MAX_FLOAT32 = 3.4028234663852886e38;
const PERIODS: Record<TimePart, number> = { hour: 24, dayOfWeek: 7, dayOfMonth: 31, month: 12 };

/**
 * Compiles one feature declaration. Everything is computed in float64 and rounded once, to float32, when stored.
 * @param columns the declared columns in their order, which is that of the row's values
 * @param frequencies has no table for a column of a definition that was not fitted yet; its writer then throws
 */
export function featureWriter(
  feature: Feature,
  columns: readonly Column[],
  frequencies: FrequencyTables,
): FeatureWriter {
  const slotOf = (name: string) => columns.findIndex((column) => column.name === name);
  switch (feature.op) {
    case 'passthrough': {
      const slot = slotOf(feature.column);
      return (row, out, offset) => {
        out[offset] = inFloat32(numberAt(row, slot));
      };
    }
    case 'log1p': {
      const slot = slotOf(feature.column);
      return (row, out, offset) => {
        out[offset] = Math.log1p(numberAt(row, slot));
      };
    }
    case 'ratio': {
      const numerator = slotOf(feature.numerator);
      const denominator = slotOf(feature.denominator);
      return (row, out, offset) => {
        const divisor = numberAt(row, denominator);
        out[offset] = divisor === 0 ? Number.NaN : inFloat32(numberAt(row, numerator) / divisor);
      };
    }
    case 'cyclic':
      return cyclicWriter(slotOf(feature.column), feature.part, feature.period);
    case 'one-hot':
      return oneHotWriter(slotOf(feature.column), columns, feature.missing ?? 'zeros');
    case 'ordinal': {
      const slot = slotOf(feature.column);
      const codes = codesOf(columns[slot]);
      return (row, out, offset) => {
        const value = row[slot];
        out[offset] = typeof value === 'string' ? (codes.get(value) ?? codes.size) : Number.NaN;
      };
    }
    case 'is-missing': {
      const slot = slotOf(feature.column);
      return (row, out, offset) => {
        out[offset] = row[slot] === null ? 1 : 0;
      };
    }
    case 'frequency':
      return frequencyWriter(slotOf(feature.column), feature.column, frequencies.get(feature.column));
    case 'within': {
      const slot = slotOf(feature.column);
      const { from, to } = feature;
      return (row, out, offset) => {
        const value = numberAt(row, slot);
        out[offset] = Number.isNaN(value) ? value : value >= from && value <= to ? 1 : 0;
      };
    }
    case 'compare':
      return compareWriter(slotOf(feature.left), slotOf(feature.right), feature.relation);
    case 'difference': {
      const left = slotOf(feature.left);
      const right = slotOf(feature.right);
      const unit = columns[left]?.type === 'timestamp' ? 1000 : 1;
      return (row, out, offset) => {
        out[offset] = inFloat32((numberAt(row, left) - numberAt(row, right)) / unit);
      };
    }
    case 'mapped-match': {
      const key = slotOf(feature.key);
      const column = slotOf(feature.column);
      const table = new Map(Object.entries(feature.table).map(([name, values]) => [name, new Set(values)]));
      return (row, out, offset) => {
        const name = row[key];
        const value = row[column];
        const listed = typeof name === 'string' ? table.get(name) : undefined;
        out[offset] =
          listed === undefined || typeof value !== 'string' ? Number.NaN : listed.has(value) ? 1 : 0;
      };
    }
  }
}

function numberAt(row: CheckedRow, slot: number): number {
  const value = row[slot];
  if (typeof value === 'number') return value;
  return typeof value === 'boolean' ? Number(value) : Number.NaN;
}

/** Keeps a float64 beyond float32's range finite: models know no infinity. A NaN stays one. */
function inFloat32(value: number): number {
  if (value > MAX_FLOAT32) return MAX_FLOAT32;
  return value < -MAX_FLOAT32 ? -MAX_FLOAT32 : value;
}

function codesOf(column: Column | undefined): ReadonlyMap<CellValue | undefined, number> {
  return new Map((column?.categories ?? []).map((category, code) => [category, code]));
}

function cyclicWriter(slot: number, part: TimePart | undefined, period: number | undefined): FeatureWriter {
  const turn = (2 * Math.PI) / (part === undefined ? (period ?? 1) : PERIODS[part]);
  return (row, out, offset) => {
    const value = numberAt(row, slot);
    const angle = (part === undefined || Number.isNaN(value) ? value : timePart(value, part)) * turn;
    out[offset] = Math.sin(angle);
    out[offset + 1] = Math.cos(angle);
  };
}

function oneHotWriter(slot: number, columns: readonly Column[], missing: 'zeros' | 'bucket'): FeatureWriter {
  const codes = codesOf(columns[slot]);
  const width = codes.size + (missing === 'bucket' ? 2 : 1);
  return (row, out, offset) => {
    out.fill(0, offset, offset + width);
    const value = row[slot];
    if (typeof value === 'string') out[offset + (codes.get(value) ?? codes.size)] = 1;
    else if (missing === 'bucket') out[offset + codes.size + 1] = 1;
  };
}

function frequencyWriter(
  slot: number,
  name: string,
  shares: ReadonlyMap<string, number> | undefined,
): FeatureWriter {
  return (row, out, offset) => {
    if (shares === undefined)
      throw new Error(`the frequencies of ${name} were not fitted: call fitContract first`);
    const value = row[slot];
    out[offset] = typeof value === 'string' ? (shares.get(value) ?? 0) : Number.NaN;
  };
}

function compareWriter(left: number, right: number, relation: 'equal' | 'less'): FeatureWriter {
  return (row, out, offset) => {
    const a = row[left] ?? null;
    const b = row[right] ?? null;
    if (a === null || b === null) out[offset] = Number.NaN;
    else if (relation === 'equal') out[offset] = a === b ? 1 : 0;
    else out[offset] = numberAt(row, left) < numberAt(row, right) ? 1 : 0;
  };
}
