import { alignCounts, type CategoryCounts } from './category-counts.ts';
import { countBetween } from './deciles.ts';
import type { CategoricalDistribution, ColumnDistribution } from './distribution.ts';

const BINS = 40;
/** Of at most so many whole numbers each is drawn by itself. */
const FEW_VALUES = 12;
/** The share of the rows at either end that one absurd value may stretch: it is told, not drawn. */
const TAIL = 0.005;

/**
 * What the report page draws of two samples of numbers: bins of equal width, or the values of a column with few whole
 * numbers.
 * @param reference in ascending order
 * @param current in ascending order; one of both has at least one value
 */
export function numericDistribution(
  column: string,
  reference: Float64Array,
  current: Float64Array,
): ColumnDistribution {
  const edges = edgesOf(reference, current);
  const [before, now] = [countBetween(reference, edges), countBetween(current, edges)];
  const [inside, insideNow] = [before.slice(1, -1), now.slice(1, -1)];
  const outer = (counts: readonly number[]) => (counts[0] ?? 0) + (counts.at(-1) ?? 0);
  const beyond = { reference: outer(before), current: outer(now) };
  const isFew = edges.length <= FEW_VALUES + 1 && edges.every((edge) => Number.isInteger(edge + 0.5));
  if (isFew && beyond.reference + beyond.current === 0) {
    const categories = edges.slice(1).map((edge) => String(edge - 0.5));
    return { kind: 'categorical', column, categories, reference: inside, current: insideNow };
  }
  return { kind: 'numeric', column, edges, reference: inside, current: insideNow, beyond };
}

/** What the report page draws of two windows' category counts. */
export function categoricalDistribution(
  column: string,
  reference: CategoryCounts,
  current: CategoryCounts,
): CategoricalDistribution {
  const byRows = new Map([...reference].toSorted(([, a], [, b]) => b - a));
  return { kind: 'categorical', column, ...alignCounts(byRows, current) };
}

function edgesOf(reference: Float64Array, current: Float64Array): readonly number[] {
  const samples = [reference, current].filter(({ length }) => length > 0);
  const at = (share: number) => samples.map((sorted) => sorted[Math.round(share * (sorted.length - 1))] ?? 0);
  const [least, most] = [Math.min(...at(0)), Math.max(...at(1))];
  const isWhole = samples.every((sorted) => sorted.every(Number.isSafeInteger));
  const hasTails = !isWhole || most - least >= BINS;
  const low = hasTails ? Math.min(...at(TAIL)) : least;
  const high = hasTails ? Math.max(...at(1 - TAIL)) : most;
  if (isWhole) {
    // Whole bins: others would hold now more, now fewer of the values.
    const width = Math.ceil((high - low + 1) / BINS);
    const count = Math.ceil((high - low + 1) / width);
    return Array.from({ length: count + 1 }, (_, step) => low - 0.5 + step * width);
  }
  const half = Math.max(0.5, Math.abs(low) * 1e-6);
  if (low === high) return [low - half, low + half];
  // A hair more, so that the greatest value lies inside the last bin.
  const width = ((high - low) / BINS) * (1 + 1e-9);
  return Array.from({ length: BINS + 1 }, (_, step) => low + step * width);
}
