import type { CheckedRow, CompiledContract } from '../features/compile.ts';
import { Failure, type Problem } from '../failure.ts';

/** One row of a request, with the JSON Pointer under which its problems are reported. */
export interface RowAt {
  readonly row: unknown;
  readonly path: string;
}

/** A row that the contract accepted. */
export interface Accepted {
  /** Its prediction id. */
  readonly id: string;
  readonly row: CheckedRow;
  readonly transactionId: string | undefined;
  readonly warnings: readonly string[];
}

/**
 * Checks every row and writes its features, one row after the other.
 * @param newId a new UUIDv7
 * @throws Failure `invalid` with every problem of every row
 */
export function accept(
  contract: CompiledContract,
  rows: readonly RowAt[],
  features: Float32Array,
  newId: () => string,
): Accepted[] {
  const problems: Problem[] = [];
  const accepted: Accepted[] = [];
  for (const [index, { row, path }] of rows.entries()) {
    const result = contract.check(row, path);
    if (!result.ok) {
      problems.push(...result.problems);
      continue;
    }
    contract.write(result.row, features, index * contract.width);
    const transactionId = contract.id(result.row);
    accepted.push({ id: newId(), row: result.row, transactionId, warnings: result.warnings });
  }
  if (problems.length > 0) throw new Failure('invalid', refusal(problems.length, rows.length), { problems });
  return accepted;
}

function refusal(problems: number, rows: number): string {
  const where = rows === 1 ? 'the transaction' : `the ${rows} transactions`;
  return `${problems === 1 ? 'One value' : `${problems} values`} of ${where} cannot be used; nothing was scored`;
}
