/** A recorded value that was not found again. */
export interface Difference {
  /** Where it is recorded, such as `metrics.aucRoc`. */
  readonly path: string;
  readonly recorded: unknown;
  readonly reproduced: unknown;
}

/** What became of recorded values when they were made again. */
export interface Comparison {
  readonly compared: number;
  /** Of them, those that are the same to the last bit. */
  readonly exact: number;
  /** The largest difference of two numbers, relative to the recorded one where that is above 1. */
  readonly worst: number;
  /** Those that differ by more than the tolerance, and what is there on one side only. */
  readonly differences: Difference[];
}

/**
 * Compares what a file recorded with the same facts made again, value by value, as JSON has them.
 * @param tolerance the largest difference of two numbers, relative to the recorded one where that is above 1
 */
export function compareRecorded(recorded: object, reproduced: object, tolerance: number): Comparison {
  const before = leavesOf(recorded);
  const after = leavesOf(reproduced);
  const differences: Difference[] = [];
  let [exact, worst] = [0, 0];
  const paths = new Set([...before.keys(), ...after.keys()]);
  for (const path of paths) {
    const [was, is] = [before.get(path), after.get(path)];
    if (was === is) {
      exact += 1;
      continue;
    }
    const distance =
      typeof was === 'number' && typeof is === 'number'
        ? Math.abs(was - is) / Math.max(1, Math.abs(was))
        : Infinity;
    if (Number.isFinite(distance)) worst = Math.max(worst, distance);
    if (!(distance <= tolerance)) differences.push({ path, recorded: was, reproduced: is });
  }
  return { compared: paths.size, exact, worst, differences };
}

/** Every value that is no object or list, by its path. */
function leavesOf(value: object): Map<string, unknown> {
  const leaves = new Map<string, unknown>();
  const visit = (path: string, at: unknown): void => {
    if (typeof at !== 'object' || at === null) {
      leaves.set(path, at);
      return;
    }
    for (const [key, member] of Object.entries(at)) visit(path === '' ? key : `${path}.${key}`, member);
  };
  // Through JSON, as the recorded side has come: it knows no NaN and no absent member.
  visit('', JSON.parse(JSON.stringify(value)));
  return leaves;
}
