import type { CompiledContract } from '../features/compile.ts';
import type { Accepted, RowAt } from './accept.ts';
import type { LoadedModel } from './load-model.ts';

/** By contract, then by the other contract. */
const known = new WeakMap<CompiledContract, WeakMap<CompiledContract, boolean>>();

/**
 * A row that one version accepted, as another version reads it, or why that one does not accept it. Versions of the
 * same columns read a row alike, whatever features they make of it.
 */
export function readAgain(
  one: Accepted,
  raw: RowAt,
  { contract }: LoadedModel,
  other: LoadedModel,
): Accepted | string {
  if (haveSameColumns(contract, other.contract)) return one;
  const { id, transactionId } = one;
  const read = other.contract.check(raw.row, raw.path);
  if (read.ok) return { id, transactionId, row: read.row, warnings: read.warnings };
  const [problem] = read.problems;
  return `the contract of version ${other.version} does not accept ${problem?.path}: ${problem?.message}`;
}

function haveSameColumns(one: CompiledContract, other: CompiledContract): boolean {
  if (one === other) return true;
  let others = known.get(one);
  if (others === undefined) known.set(one, (others = new WeakMap()));
  let same = others.get(other);
  if (same === undefined) {
    same = JSON.stringify(one.contract.columns) === JSON.stringify(other.contract.columns);
    others.set(other, same);
  }
  return same;
}
