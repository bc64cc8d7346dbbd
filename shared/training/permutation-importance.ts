import type { FittedModel } from './learner.ts';
import type { Matrix } from './matrix.ts';
import { aucRoc, averagePrecision } from './metrics.ts';
import { createRandom, shuffle } from './random.ts';

/** What a feature's values are worth to a model: how much each metric falls without them, on average of the repeats. */
export interface FeatureImportance {
  readonly feature: string;
  /** Mean drop in average precision; below 0 where the model does better without. */
  readonly averagePrecision: number;
  readonly aucRoc: number;
  /** Standard deviation of the drop in average precision over the repeats. */
  readonly deviation: number;
}

/** What importances need of a model. */
export type AskedModel = Pick<FittedModel, 'margins' | 'asks'>;

/**
 * Permutation importances (Breiman, 2001): a feature's values are shuffled among the rows, and the model is measured
 * again. They tell what this model relies on; of features that say the same, each seems less important than it is.
 *
 * @param model margins rank as probabilities do
 * @param y labels, with both classes among them
 * @param repeats shuffles of each feature, at least 1
 * @returns one entry per feature, the most important first; features that the model does not ask have exactly 0
 * @throws {RangeError} when lengths do not agree, or `y` has a single class
 */
export function permutationImportances(
  model: AskedModel,
  x: Matrix,
  y: Uint8Array,
  featureNames: readonly string[],
  seed: number,
  repeats: number,
): FeatureImportance[] {
  if (featureNames.length !== x.columns) {
    throw new RangeError(`${featureNames.length} feature names but ${x.columns} columns.`);
  }
  if (!(repeats >= 1)) throw new RangeError(`Importances need at least one repeat, not ${repeats}.`);
  const whole = measure(model, x, y);
  if (Number.isNaN(whole.aucRoc)) throw new RangeError('Importances need rows of both classes.');

  const shuffled: Matrix = { ...x, values: x.values.slice() };
  const random = createRandom(seed);
  const importances = featureNames.map((feature, column) => {
    if (!model.asks(column)) return { feature, averagePrecision: 0, aucRoc: 0, deviation: 0 };
    const drops = Array.from({ length: repeats }, () => {
      const values = columnOf(x, column);
      shuffle(values, random);
      setColumn(shuffled, column, values);
      const without = measure(model, shuffled, y);
      return {
        averagePrecision: whole.averagePrecision - without.averagePrecision,
        aucRoc: whole.aucRoc - without.aucRoc,
      };
    });
    setColumn(shuffled, column, columnOf(x, column));
    const mean = meanOf(drops.map((drop) => drop.averagePrecision));
    return {
      feature,
      averagePrecision: mean,
      aucRoc: meanOf(drops.map((drop) => drop.aucRoc)),
      deviation: Math.sqrt(meanOf(drops.map((drop) => (drop.averagePrecision - mean) ** 2))),
    };
  });
  return importances.toSorted((a, b) => b.averagePrecision - a.averagePrecision);
}

function measure(model: AskedModel, x: Matrix, y: Uint8Array): { averagePrecision: number; aucRoc: number } {
  const scores = model.margins(x);
  return { averagePrecision: averagePrecision(y, scores), aucRoc: aucRoc(y, scores) };
}

function columnOf(x: Matrix, column: number): Float32Array {
  return Float32Array.from({ length: x.rows }, (_, row) => x.values[row * x.columns + column]!);
}

function setColumn(x: Matrix, column: number, values: Float32Array): void {
  for (let row = 0; row < x.rows; row += 1) x.values[row * x.columns + column] = values[row]!;
}

function meanOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
