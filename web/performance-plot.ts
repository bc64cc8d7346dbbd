import type { Performance } from './shapes.ts';

/** Columns of a plot; `at` (a window's middle) in seconds since 1970, ascending. */
export interface PerformanceSeries {
  readonly at: number[];
  readonly aucRoc: (number | null)[];
  /** The 95 % interval of `aucRoc`. */
  readonly lower: (number | null)[];
  readonly upper: (number | null)[];
  readonly averagePrecision: (number | null)[];
  /** What calibrated scores say before labels are there. */
  readonly estimated: (number | null)[];
}

/** Of windows with several versions the one with most predictions stands for the window. */
export function performanceSeries({ windows }: Performance): PerformanceSeries {
  const largest = new Map<string, Performance['windows'][number]>();
  for (const window of windows) {
    const before = largest.get(window.from);
    if (before === undefined || window.predictions > before.predictions) largest.set(window.from, window);
  }
  const shown = [...largest.values()].toSorted(
    (left, right) => Date.parse(left.from) - Date.parse(right.from),
  );
  return {
    at: shown.map(({ from, to }) => (Date.parse(from) + Date.parse(to)) / 2_000),
    aucRoc: shown.map(({ aucRoc }) => aucRoc ?? null),
    lower: shown.map(({ aucRocInterval }) => aucRocInterval?.lower ?? null),
    upper: shown.map(({ aucRocInterval }) => aucRocInterval?.upper ?? null),
    averagePrecision: shown.map(({ averagePrecision }) => averagePrecision ?? null),
    estimated: shown.map(({ estimated }) => estimated?.aucRoc ?? null),
  };
}
