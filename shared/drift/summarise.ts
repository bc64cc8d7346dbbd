import { HOUR_MS, hourFolder, hourOf, hourPath, parsePartName } from '../events/log-layout.ts';
import type { ReadableBlobs, SizedBlobs } from '../events/ports.ts';
import type { Blobs } from '../registry/ports.ts';
import { type CountingParts, countLog } from './count-log.ts';
import { encodeHistogram } from './histogram-codec.ts';
import {
  histogramPath,
  type HourMarker,
  isUnchanged,
  markerPath,
  parseMarker,
  writeMarker,
} from './hour-marker.ts';

export interface SummariseParts extends CountingParts {
  readonly predictions: ReadableBlobs & SizedBlobs;
  readonly histograms: Blobs;
}

/** What a run did. */
export interface Summarised {
  /** Hours that were counted, because they are new or their log has changed. */
  hours: number;
  /** Hours that are as they were. */
  unchanged: number;
  predictions: number;
  /** Lines that are none of the log. */
  unreadable: number;
  /** Versions that have no baseline to count by. */
  readonly uncounted: Set<string>;
}

/** How far back a run looks for lines that came late. Older hours stay as they are. */
const LOOK_BACK_HOURS = 48;
const DAY_LENGTH = 'yyyy/MM/dd'.length;

/**
 * Makes one histogram per version of each of a model's complete hours of the last two days, the newest first, where the
 * log has changed since it was made. An hour is always counted as a whole, from all of its lines, so that doing it again
 * gives the same, and late lines are in the next run's; its marker is written last.
 * @param now milliseconds since 1970-01-01T00:00Z
 * @param mayBegin asked before each hour, so that a run ends in time
 * @throws Failure `unavailable`, where what was done stays done
 */
export async function summariseModel(
  parts: SummariseParts,
  model: string,
  now: number,
  mayBegin: () => boolean = () => true,
): Promise<Summarised> {
  const done: Summarised = { hours: 0, unchanged: 0, predictions: 0, unreadable: 0, uncounted: new Set() };
  const last = hourOf(now) - HOUR_MS;
  const logged = await loggedHours(parts.predictions, model, last - (LOOK_BACK_HOURS - 1) * HOUR_MS, last);
  for (const [hour, files] of logged.toReversed()) {
    if (!mayBegin()) break;
    // In sequence: each takes a processor and the memory of an hour's ids
    const found = await parts.histograms.read(markerPath(model, hour));
    const marker = found && parseMarker(found);
    if (marker !== undefined && isUnchanged(marker, files) && (await isCurrent(parts, model, marker))) {
      done.unchanged += 1;
      continue;
    }
    const { read, uncounted } = await summariseHour(parts, model, hour, files);
    done.hours += 1;
    done.predictions += read.lines;
    done.unreadable += read.unreadable;
    for (const version of uncounted) done.uncounted.add(version);
  }
  return done;
}

/** Whether every version's predictions were counted by the baseline that it has now. */
async function isCurrent(
  { baselineOf }: SummariseParts,
  model: string,
  { counted, uncounted }: HourMarker,
): Promise<boolean> {
  const hashes = [...Object.entries(counted), ...uncounted.map((version) => [version, undefined] as const)];
  for (const [version, hash] of hashes) {
    // In sequence: they are few, and kept
    if ((await baselineOf(model, version))?.specHash !== hash) return false;
  }
  return true;
}

async function summariseHour(parts: SummariseParts, model: string, hour: number, files: HourMarker['parts']) {
  const counted = await countLog(parts, model, hour, hour + HOUR_MS);
  const hashes: Record<string, string> = {};
  for (const [version, histogram] of counted.histograms) {
    hashes[version] = histogram.specHash;
    // In sequence: they are few
    const bytes = encodeHistogram({ model, version }, histogram);
    await parts.histograms.write(histogramPath(model, version, hour), bytes);
  }
  const marker: HourMarker = {
    formatVersion: 1,
    parts: files,
    counted: hashes,
    uncounted: [...counted.uncounted],
  };
  await parts.histograms.write(markerPath(model, hour), writeMarker(marker));
  return counted;
}

/** The hours from `first` to `last` that the log has files of, in order, with their sizes. */
async function loggedHours(
  predictions: SizedBlobs,
  model: string,
  first: number,
  last: number,
): Promise<[hour: number, files: HourMarker['parts']][]> {
  const days = new Set<string>();
  const hours = new Map<string, [number, HourMarker['parts']]>();
  for (let hour = first; hour <= last; hour += HOUR_MS) {
    days.add(hourPath(hour).slice(0, DAY_LENGTH));
    hours.set(hourFolder(model, hour), [hour, []]);
  }
  for (const day of days) {
    // A listing per day rather than one per hour
    for await (const { path, bytes } of predictions.listSizes(`${model}/${day}/`)) {
      const end = path.lastIndexOf('/') + 1;
      if (parsePartName(path.slice(end)) !== undefined)
        hours.get(path.slice(0, end))?.[1].push({ path, bytes });
    }
  }
  return [...hours.values()].filter(([, files]) => files.length > 0);
}
