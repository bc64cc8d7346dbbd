import { createHash } from 'node:crypto';
import type { Scorer } from './scorer.ts';

/** Single-row runs of a warm-up; the first ones are slower, the median is not moved by them. */
const WARM_UP_RUNS = 21;

/** SHA-256 as 64 lower-case hex digits. */
export function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/** How far a model's answers are from the expected ones. */
export interface Reproduction {
  /** Whether every difference is within the tolerance. */
  readonly ok: boolean;
  /** The largest absolute difference of probabilities; infinite where one isn't a number. */
  readonly worst: number;
  /** The row with the largest difference; -1 where there are no rows. */
  readonly index: number;
}

/** A row as stored beside the model. */
export interface Sample {
  /** Null stands for NaN (missing), which JSON doesn't know. */
  readonly features: readonly (number | null)[];
  readonly score: number;
}

/**
 * Scores the samples that were stored with a model and compares with the stored scores.
 * @throws RangeError where a sample hasn't the scorer's width
 */
export async function reproduceSamples(
  scorer: Scorer,
  samples: readonly Sample[],
  tolerance = 1e-5,
): Promise<Reproduction> {
  const features = new Float32Array(samples.length * scorer.width);
  for (const [row, sample] of samples.entries()) {
    if (sample.features.length !== scorer.width) {
      throw new RangeError(`sample ${row} has ${sample.features.length} features, the model ${scorer.width}`);
    }
    features.set(
      sample.features.map((value) => value ?? Number.NaN),
      row * scorer.width,
    );
  }
  const expected = Float64Array.from(samples, ({ score }) => score);
  return verifyExport(scorer, features, samples.length, expected, tolerance);
}

/**
 * Compares a loaded model with the probabilities that its learner computes for the same rows: what an export is
 * accepted by.
 * @param x row-major features, rows × width
 * @throws RangeError where the arrays don't fit `rows`
 */
export async function verifyExport(
  scorer: Scorer,
  x: Float32Array,
  rows: number,
  expected: Float64Array,
  tolerance = 1e-5,
): Promise<Reproduction> {
  if (expected.length !== rows) throw new RangeError(`${expected.length} expected values for ${rows} rows`);
  const scores = await scorer.score(x, rows);
  let worst = 0;
  let index = -1;
  for (let row = 0; row < rows; row += 1) {
    const difference = Math.abs((scores[row] ?? Number.NaN) - (expected[row] ?? Number.NaN));
    const distance = Number.isNaN(difference) ? Infinity : difference;
    if (index === -1 || distance > worst) {
      worst = distance;
      index = row;
    }
  }
  return { ok: worst <= tolerance, worst, index };
}

/**
 * Runs the model a few times, a row of zeros each. Returns the median time of such a run in milliseconds: of the run
 * alone, because a worker that answers callers meanwhile keeps it waiting for its turn.
 */
export async function warmUp(scorer: Scorer): Promise<number> {
  const row = new Float32Array(scorer.width);
  const times: number[] = [];
  for (let run = 0; run < WARM_UP_RUNS; run += 1) times.push((await scorer.timed(row, 1)).rowMs);
  times.sort((a, b) => a - b);
  return times[Math.floor(WARM_UP_RUNS / 2)] ?? 0;
}
