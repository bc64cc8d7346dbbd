import type { FitOptions, FittedModel, Learner } from './learner.ts';
import { selectRows } from './matrix.ts';
import type { LabelledMatrix } from './matrix.ts';
import { fitPlatt } from './platt.ts';
import type { Platt } from './platt.ts';
import { createRandom, shuffle } from './random.ts';

/** Parts that the rows are divided into: each is left out once. */
export const CALIBRATION_FOLDS = 5;

/**
 * Assigns each row to a fold by chance, each class evenly, so that none lacks positives while there are as many as
 * folds. Rows that are alike (of one account, say) are better kept together: then bring other folds.
 */
export function stratifiedFolds(y: Uint8Array, folds: number, seed: number): Uint8Array {
  const random = createRandom(seed);
  const foldOf = new Uint8Array(y.length);
  for (const label of [0, 1]) {
    const rows = Uint32Array.from(Array.from(y.keys()).filter((row) => y[row] === label));
    shuffle(rows, random);
    rows.forEach((row, i) => (foldOf[row] = i % folds));
  }
  return foldOf;
}

/**
 * The margin of each row by a model of the same parameters that was fitted on the other folds.
 * @param foldOf each row's fold
 * @throws {TrainingDataError} where the rows outside a fold are all of one class
 */
export async function outOfFoldMargins(
  learner: Learner,
  data: LabelledMatrix,
  params: unknown,
  foldOf: Uint8Array,
  options: FitOptions,
): Promise<Float64Array> {
  const margins = new Float64Array(data.x.rows);
  const folds = [...new Set(foldOf)].toSorted((a, b) => a - b);
  for (const [done, fold] of folds.entries()) {
    options.onProgress?.('calibrating', done, folds.length);
    const rows = Array.from(data.y.keys());
    const inside = rows.filter((row) => foldOf[row] === fold);
    const others = selectRows(
      data,
      rows.filter((row) => foldOf[row] !== fold),
    );
    const model = await learner.fit(others, params, { ...options, onProgress: undefined });
    const found = model.margins(selectRows(data, inside).x);
    inside.forEach((row, i) => (margins[row] = found[i]!));
  }
  options.onProgress?.('calibrating', folds.length, folds.length);
  return margins;
}

/**
 * Calibrates a model by Platt scaling on out-of-fold margins: rows that it was fitted on would make it look surer
 * than it may be.
 * @param foldOf each row's fold; by chance where absent
 */
export async function calibrate(
  learner: Learner,
  model: FittedModel,
  data: LabelledMatrix,
  options: FitOptions,
  foldOf = stratifiedFolds(data.y, CALIBRATION_FOLDS, options.seed),
): Promise<{ readonly model: FittedModel; readonly platt: Platt }> {
  const margins = await outOfFoldMargins(learner, data, model.params, foldOf, options);
  const platt = fitPlatt(margins, data.y, data.weights);
  return { model: model.calibrated(platt), platt };
}
