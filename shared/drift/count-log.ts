import { HOUR_MS, hourOf } from '../events/log-layout.ts';
import { type ReadCounts, newCounts, readHourBatches } from '../events/log-reader.ts';
import type { ReadableBlobs } from '../events/ports.ts';
import { timeOf } from '../events/prediction-id.ts';
import type { Baseline } from './baseline.ts';
import { PredictionCounter } from './count-predictions.ts';
import type { WindowHistogram } from './histogram.ts';

export interface CountingParts {
  readonly predictions: ReadableBlobs;
  /** @returns undefined where a version has none */
  readonly baselineOf: (model: string, version: string) => Promise<Baseline | undefined>;
}

/** A model's predictions of some time, by version. */
export interface CountedLog {
  readonly histograms: ReadonlyMap<string, WindowHistogram>;
  /** Versions whose predictions were left out, because they have no baseline. */
  readonly uncounted: readonly string[];
  readonly read: ReadCounts;
}

/**
 * Counts the predictions that were made in `[from, to)` from the log, each once.
 * @param only the version that is counted; every one where it is absent
 * @throws Failure `unavailable`
 */
export async function countLog(
  { predictions, baselineOf }: CountingParts,
  model: string,
  from: number,
  to: number,
  only?: string,
): Promise<CountedLog> {
  const counters = new Map<string, PredictionCounter | undefined>();
  const read = newCounts();
  for (let hour = hourOf(from); hour < to; hour += HOUR_MS) {
    const whole = hour >= from && hour + HOUR_MS <= to;
    for await (const lines of readHourBatches(predictions, model, hour, read)) {
      for (const { event } of lines) {
        const { version } = event.data;
        if (only !== undefined && version !== only) continue;
        if (!whole && !(timeOf(event.id) >= from && timeOf(event.id) < to)) continue;
        if (!counters.has(version)) {
          // In sequence: once per version, not once per line
          const baseline = await baselineOf(model, version);
          counters.set(version, baseline && new PredictionCounter(baseline.spec));
        }
        counters.get(version)?.add(event.data);
      }
    }
  }
  const found = [...counters];
  return {
    histograms: new Map(
      found.flatMap(([version, counter]) =>
        counter === undefined ? [] : [[version, counter.taken()] as const],
      ),
    ),
    uncounted: found.flatMap(([version, counter]) => (counter === undefined ? [version] : [])),
    read,
  };
}
