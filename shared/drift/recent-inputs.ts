import { readRange } from '../events/log-reader.ts';
import { HOUR_MS, hourOf } from '../events/log-layout.ts';
import type { ReadableBlobs } from '../events/ports.ts';
import type { CellValue } from '../features/row-values.ts';

/** What a caller sent, by the names of the columns. */
export type Inputs = Readonly<Record<string, CellValue>>;

/**
 * What callers have sent in `[from, to)`, as a sample of at most `most` predictions: of every hour the first ones, as
 * many of each where it has that many. What was sent to a version of the caller's choice, and what was too large to be
 * logged, is left out.
 * @param from milliseconds since 1970-01-01T00:00Z, like `to`
 * @throws Failure `unavailable`
 */
export async function recentInputs(
  predictions: ReadableBlobs,
  model: string,
  { from, to, most }: { readonly from: number; readonly to: number; readonly most: number },
): Promise<Inputs[]> {
  const found: Inputs[] = [];
  // From the newest hour back: where early hours have little, nothing is lost of the newest.
  for (let hour = hourOf(to - 1); hour + HOUR_MS > from && found.length < most; hour -= HOUR_MS) {
    const hoursLeft = Math.ceil((hour + HOUR_MS - Math.max(from, 0)) / HOUR_MS);
    const until = found.length + Math.ceil((most - found.length) / hoursLeft);
    const part = [Math.max(hour, from), Math.min(hour + HOUR_MS, to)] as const;
    for await (const { event } of readRange(predictions, model, ...part)) {
      const { pinned, truncated, inputs } = event.data;
      if (pinned || truncated === true) continue;
      found.push(inputs);
      if (found.length >= until) break;
    }
  }
  return found;
}
