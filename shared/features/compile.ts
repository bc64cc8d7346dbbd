import type { z } from 'zod';
import { type RowCheck, rowChecker } from './check-row.ts';
import { type Contract, unfittedContract } from './contract.ts';
import type { Column, ModelDefinition } from './definition.ts';
import { featureNames } from './feature-names.ts';
import { rowSchemaOf } from './row-schema.ts';
import type { CellValue, CheckedRow } from './row-values.ts';
import { featureWriter } from './write-features.ts';

export type { Problem } from '../failure.ts';
export type { RowCheck } from './check-row.ts';
export type { CellValue, CheckedRow } from './row-values.ts';

/** A contract made executable: the same functions prepare rows for training and for scoring. */
export interface CompiledContract {
  readonly contract: Contract;
  /** One name per feature, in the order of the feature vector. */
  readonly featureNames: readonly string[];
  readonly width: number;
  /** Accepts the rows that `check` accepts; for documents. */
  readonly rowSchema: z.ZodType;
  /** Finds every problem of a row; their paths start with `path`, the JSON Pointer of the row. Never throws. */
  check(row: unknown, path: string): RowCheck;
  /**
   * Writes the row's `width` features from `offset` on; what is missing is a NaN, nothing is infinite.
   * @throws Error where the contract is that of a definition with features that were not fitted yet
   */
  write(row: CheckedRow, out: Float32Array, offset: number): void;
  /** The checked value of a column, null where the row has none. An unknown column has none. */
  value(row: CheckedRow, column: string): CellValue;
  id(row: CheckedRow): string | undefined;
  entity(row: CheckedRow): string | undefined;
  /** Milliseconds since 1970-01-01T00:00Z. */
  eventTime(row: CheckedRow): number | undefined;
  label(row: CheckedRow): 0 | 1 | undefined;
}

/** Compiles a contract, or a definition in order to check the rows that it will be fitted on. */
export function compileContract(source: Contract | ModelDefinition): CompiledContract {
  const contract = 'formatVersion' in source ? source : unfittedContract(source);
  const { columns, features } = contract;
  const byName = new Map(columns.map((column) => [column.name, column]));
  const slots = new Map(columns.map((column, slot) => [column.name, slot]));
  const tables = new Map(contract.fitted.frequencies.map(({ column, shares }) => [column, new Map(shares)]));
  const writers = features.map((feature) => featureWriter(feature, columns, tables));
  const counts = features.map((feature) => featureNames(feature, byName).length);
  const starts = counts.map((_, index) => counts.slice(0, index).reduce((sum, count) => sum + count, 0));

  const textOf = textReader(columns, 'id');
  const entityOf = textReader(columns, 'entity');
  const timeSlot = slotOfRole(columns, 'eventTime');
  const labelSlot = slotOfRole(columns, 'label');

  return {
    contract,
    featureNames: contract.featureNames,
    width: contract.featureNames.length,
    rowSchema: rowSchemaOf(columns),
    check: rowChecker(columns),
    write(row, out, offset) {
      for (let i = 0; i < writers.length; i += 1) writers[i]?.(row, out, offset + (starts[i] ?? 0));
    },
    value: (row, column) => row[slots.get(column) ?? -1] ?? null,
    id: textOf,
    entity: entityOf,
    eventTime(row) {
      const value = row[timeSlot];
      return typeof value === 'number' ? value : undefined;
    },
    label(row) {
      const value = row[labelSlot];
      return value === 0 || value === 1 ? value : undefined;
    },
  };
}

function slotOfRole(columns: readonly Column[], role: NonNullable<Column['role']>): number {
  return columns.findIndex((column) => column.role === role);
}

function textReader(
  columns: readonly Column[],
  role: 'id' | 'entity',
): (row: CheckedRow) => string | undefined {
  const slot = slotOfRole(columns, role);
  return (row) => {
    const value = row[slot];
    return typeof value === 'string' ? value : undefined;
  };
}
