import { createHash } from 'node:crypto';
import type { CompiledContract } from '../../features/compile.ts';
import type { CheckedRow } from '../../features/row-values.ts';

/** What tells a row from others: a digest of its id, or of all its values where it has none. */
export function rowKey(contract: CompiledContract, row: CheckedRow): string {
  const id = contract.id(row);
  return createHash('sha256')
    .update(id === undefined ? JSON.stringify(row) : `id ${id}`)
    .digest('base64');
}

/**
 * The rows that a version was not trained on, by their numbers: the only ones on which it can be compared fairly. Rows
 * without ids that are equal in every value count as the same row.
 * @param seen the keys of the rows that it was trained on
 */
export function unseenRows(
  contract: CompiledContract,
  rows: readonly CheckedRow[],
  seen: ReadonlySet<string>,
): Int32Array {
  return Int32Array.from(rows.keys()).filter((index) => !seen.has(rowKey(contract, rows[index]!)));
}
