import { z } from 'zod';
import { hourPath } from '../events/log-layout.ts';
import { versionSchema } from '../registry/rows.ts';

/** What an hour was summarised from: where the log still is so, summarising it again would change nothing. */
const hourMarkerSchema = z.strictObject({
  formatVersion: z.literal(1),
  /** The hour's files in the log, as they were when the reading began. */
  parts: z.array(z.strictObject({ path: z.string(), bytes: z.int().nonnegative() })).max(1_000_000),
  /** The hash of the spec that each version's predictions were counted by; versions without a baseline are left out. */
  counted: z.record(versionSchema, z.string()),
  /** Versions whose predictions could not be counted, because they have no baseline. */
  uncounted: z.array(versionSchema),
});
export type HourMarker = z.infer<typeof hourMarkerSchema>;

/** @returns undefined for what is no marker: the hour is summarised again */
export function parseMarker(bytes: Uint8Array): HourMarker | undefined {
  try {
    return hourMarkerSchema.parse(JSON.parse(Buffer.from(bytes).toString('utf8')));
  } catch {
    return undefined; // as if it were not there
  }
}

export function writeMarker(marker: HourMarker): Uint8Array {
  return Buffer.from(`${JSON.stringify(marker)}\n`);
}

/** Whether the log's hour is as it was, to the byte. */
export function isUnchanged(marker: HourMarker, parts: HourMarker['parts']): boolean {
  return (
    marker.parts.length === parts.length &&
    marker.parts.every(
      ({ path, bytes }, index) => path === parts[index]?.path && bytes === parts[index].bytes,
    )
  );
}

/** Where the marker of a model's hour lies in `histograms`. @param time any time of the hour */
export function markerPath(model: string, time: number): string {
  return `${model}/hours/${hourPath(time)}.json`;
}

/** Where the histogram of a version's hour lies in `histograms`. @param time any time of the hour */
export function histogramPath(model: string, version: string, time: number): string {
  return `${model}/${version}/${hourPath(time)}.bin`;
}
