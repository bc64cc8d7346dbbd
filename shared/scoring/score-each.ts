import { messageOf } from '../failure.ts';
import type { TimedScores } from '../onnx/scorer.ts';
import { scoreAt } from './scoring-failure.ts';

/** What a version made of one row. */
export type RowOutcome = { readonly score: number; readonly rowMs: number } | { readonly error: string };

/**
 * Scores rows of which each may fail by itself: where they fail together, each is tried alone, so that a row that the
 * model cannot take is told from those that came with it. Never throws.
 * @param features row-major, `rows` rows
 */
export async function scoreEach(
  score: (features: Float32Array, rows: number) => Promise<TimedScores>,
  features: Float32Array,
  rows: number,
): Promise<RowOutcome[]> {
  try {
    const { scores, rowMs } = await score(features, rows);
    return Array.from(scores, (_, index) => ({ score: scoreAt(scores, index), rowMs }));
  } catch (error) {
    if (rows === 1) return [{ error: messageOf(error) }];
    const width = features.length / rows;
    const alone = Array.from({ length: rows }, (_, index) =>
      scoreEach(score, features.subarray(index * width, (index + 1) * width), 1),
    );
    return (await Promise.all(alone)).flat();
  }
}
