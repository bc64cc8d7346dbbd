import { linesOf } from '../events/lines.ts';
import { HOUR_MS, hourFolder, hourOf, hourPath } from '../events/log-layout.ts';
import { partsOf } from '../events/log-reader.ts';
import type { ReadableBlobs } from '../events/ports.ts';
import { parseTimestamp } from '../features/timestamp.ts';
import { type LabelEvent, labelLineSchema } from './label-event.ts';
import { LabelTable } from './label-table.ts';
import type { Revision } from './revisions.ts';

/**
 * The folder of labels that do not say which model's prediction they are of, in the place of a model's name: no model can
 * be called so.
 */
export const UNNAMED = '_';

export interface LabelCounts {
  /** Lines of the log that are labels. */
  lines: number;
  /** Of these, those that brought nothing new: sent twice, or older than another one that says the same. */
  repeated: number;
  /** Left out because they are no line of this log: torn, or of another form. */
  unreadable: number;
}

/**
 * What is known of the labels of a model's hour: those that name it, and those that name no model.
 * @param asOf labels that were received later are left out; milliseconds since 1970-01-01T00:00Z
 * @throws Failure `unavailable`
 */
export async function labelsOfHour(
  blobs: ReadableBlobs,
  model: string,
  time: number,
  counts: LabelCounts,
  asOf = Number.POSITIVE_INFINITY,
): Promise<LabelTable> {
  const table = new LabelTable();
  for (const name of [model, UNNAMED]) {
    for (const path of await partsOf(blobs, hourFolder(name, time))) {
      for await (const text of linesOf(blobs.read(path))) {
        const event = parseLabelLine(text);
        if (event === undefined) {
          counts.unreadable += 1;
          continue;
        }
        const revision = revisionOf(event);
        if (revision.receivedAt > asOf) continue;
        counts.lines += 1;
        if (!table.add(event.data.predictionId, revision, name !== UNNAMED)) counts.repeated += 1;
      }
    }
  }
  return table;
}

/** The event of a line of the labels' log, or undefined for anything else. */
export function parseLabelLine(text: string): LabelEvent | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined; // the caller counts it
  }
  return labelLineSchema.safeParse(value).data?.event;
}

export function revisionOf({ time, data }: LabelEvent): Revision {
  const { label, observedAt, source } = data;
  return {
    label,
    receivedAt: parseTimestamp(time),
    observedAt: observedAt === undefined ? undefined : parseTimestamp(observedAt),
    source,
  };
}

/**
 * The hours in `[from, to)` that a log has files of, in order.
 * @param folders the models' names, or what stands in their place
 * @throws Failure `unavailable`
 */
export async function* hoursOf(
  logs: readonly { readonly blobs: ReadableBlobs; readonly folder: string }[],
  from: number,
  to: number,
): AsyncGenerator<number, void, undefined> {
  const DAY_MS = 24 * HOUR_MS;
  for (let day = Math.floor(from / DAY_MS) * DAY_MS; day < to; day += DAY_MS) {
    const hours = new Set<string>();
    for (const { blobs, folder } of logs) {
      const prefix = `${folder}/${hourPath(day).slice(0, -2)}`;
      for await (const path of blobs.list(prefix)) hours.add(path.slice(prefix.length, prefix.length + 2));
    }
    for (let hour = day; hour < day + DAY_MS; hour += HOUR_MS) {
      if (hour >= hourOf(from) && hour < to && hours.has(hourPath(hour).slice(-2))) yield hour;
    }
  }
}
