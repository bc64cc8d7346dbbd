import { z } from 'zod';
import type { LabelledMatrix, Matrix } from './matrix.ts';
import type { Platt } from './platt.ts';

export const learnerNameSchema = z.enum(['gradient_boosting', 'random_forest', 'logistic_regression']);
export type LearnerName = z.output<typeof learnerNameSchema>;

/** A learner's parameters as they are recorded: those that were given, and the defaults of the others. */
export type LearnerParams = Readonly<Record<string, string | number | boolean>>;

/** Hears what a fit is doing, how much of it is done, and how much there is. */
export type FitProgress = (stage: string, done: number, total: number) => void;

/** A model of two classes, whichever learner made it. */
export interface FittedModel {
  readonly featureCount: number;
  /** Number of its trees, where it has any. */
  readonly trees?: number;
  /**
   * What fits a model of the same size on other rows: early stopping has given way to the number of trees that it
   * chose.
   */
  readonly params: LearnerParams;
  /** Log-odds of the positive class for each row. @throws RangeError where the matrix has other features */
  margins(x: Matrix): Float64Array;
  /** Whether a feature's value can make any difference. */
  asks(feature: number): boolean;
  /** The same model, its margins times `slope` plus `offset`; `slope` above 0. */
  calibrated(platt: Platt): FittedModel;
  /**
   * The ONNX model that answers the same probabilities (see `encodeClassifier` for its input and outputs).
   * @throws ModelFileError where the names don't fit, or a number is beyond float32
   */
  toOnnx(featureNames: readonly string[], metadata: Readonly<Record<string, string>>): Uint8Array;
}

/** What a fit depends on beside data and parameters. */
export interface FitOptions {
  readonly seed: number;
  /** Worker threads at most; the result does not depend on them. */
  readonly threads: number;
  readonly onProgress?: FitProgress | undefined;
}

/** A way to make a model from labelled, weighted rows. */
export interface Learner {
  readonly name: LearnerName;
  /** Checks parameters and adds the defaults. @throws {z.ZodError} for bad or unknown ones */
  parseParams(params: unknown): LearnerParams;
  /**
   * Fits a model; the result is a function of data, parameters and seed.
   * @throws {z.ZodError} for bad or unknown parameters
   * @throws {TrainingDataError} for data that no model can be fitted to
   */
  fit(data: LabelledMatrix, params: unknown, options: FitOptions): Promise<FittedModel>;
}
