import { type LogLine, logLineSchema } from './event-schema.ts';
import { IdSet } from './id-set.ts';
import { isPlainLogLine } from './is-log-line.ts';
import { lineBatchesOf } from './lines.ts';
import { HOUR_MS, hourFolder, hourOf, parsePartName } from './log-layout.ts';
import type { ReadableBlobs } from './ports.ts';
import { timeOf } from './prediction-id.ts';

/** What a reading came across, counted while it goes on. */
export interface ReadCounts {
  /** Lines given out: one per prediction. */
  lines: number;
  /** Left out because their prediction was given out before. */
  duplicates: number;
  /** Left out because they are no line of this log: torn, or of another form. */
  unreadable: number;
}

export function newCounts(): ReadCounts {
  return { lines: 0, duplicates: 0, unreadable: 0 };
}

/**
 * Every prediction of a model's hour, each once, partition by partition in the order in which they were appended.
 * Streams: it holds one piece of a blob, and 23 to 46 bytes per prediction of the hour in order to know duplicates.
 * @param time any time of the hour, milliseconds since 1970-01-01T00:00Z
 * @throws Failure `unavailable`
 */
export async function* readHour(
  blobs: ReadableBlobs,
  model: string,
  time: number,
  counts: ReadCounts = newCounts(),
): AsyncGenerator<LogLine, void, undefined> {
  for await (const lines of readHourBatches(blobs, model, time, counts)) yield* lines;
}

/** As `readHour`, with all lines of a piece at once, for those who read millions of them. @throws Failure `unavailable` */
export async function* readHourBatches(
  blobs: ReadableBlobs,
  model: string,
  time: number,
  counts: ReadCounts = newCounts(),
): AsyncGenerator<LogLine[], void, undefined> {
  const seen = new IdSet();
  for (const path of await partsOf(blobs, hourFolder(model, time))) {
    for await (const texts of lineBatchesOf(blobs.read(path))) {
      const lines: LogLine[] = [];
      for (const text of texts) {
        const line = parseLine(text);
        if (line === undefined) counts.unreadable += 1;
        else if (!seen.add(line.event.id)) counts.duplicates += 1;
        else {
          counts.lines += 1;
          lines.push(line);
        }
      }
      yield lines;
    }
  }
}

/**
 * Every prediction of a model that was made in `[from, to)`, hour by hour, each once. A prediction's hour is that of its
 * id, so no two hours hold the same one.
 * @throws Failure `unavailable`
 */
export async function* readRange(
  blobs: ReadableBlobs,
  model: string,
  from: number,
  to: number,
  counts: ReadCounts = newCounts(),
): AsyncGenerator<LogLine, void, undefined> {
  for (let hour = hourOf(from); hour < to; hour += HOUR_MS) {
    const whole = hour >= from && hour + HOUR_MS <= to;
    for await (const line of readHour(blobs, model, hour, counts)) {
      const time = whole ? from : timeOf(line.event.id);
      if (time >= from && time < to) yield line;
      else counts.lines -= 1;
    }
  }
}

/** Every prediction of a model that was made on the day (UTC) of a time. @throws Failure `unavailable` */
export function readDay(
  blobs: ReadableBlobs,
  model: string,
  time: number,
  counts?: ReadCounts,
): AsyncGenerator<LogLine, void, undefined> {
  const day = 24 * HOUR_MS;
  const from = Math.floor(time / day) * day;
  return readRange(blobs, model, from, from + day, counts);
}

/** The files of a folder: partitions by number, the parts of each in their order. */
export async function partsOf(blobs: ReadableBlobs, folder: string): Promise<string[]> {
  const found: { readonly path: string; readonly partition: string; readonly part: number }[] = [];
  for await (const path of blobs.list(folder)) {
    const name = parsePartName(path.slice(folder.length));
    if (name !== undefined) found.push({ path, ...name });
  }
  const inOrder = new Intl.Collator('en', { numeric: true });
  found.sort((x, y) => inOrder.compare(x.partition, y.partition) || x.part - y.part);
  return found.map(({ path }) => path);
}

/** A line of the log, or undefined for anything else. */
export function parseLine(text: string): LogLine | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined; // the caller counts it
  }
  return isPlainLogLine(value) ? value : logLineSchema.safeParse(value).data;
}
