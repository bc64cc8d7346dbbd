import { concurrently } from '../events/concurrently.ts';
import { HOUR_MS, hourOf } from '../events/log-layout.ts';
import { Failure } from '../failure.ts';
import type { Blobs } from '../registry/ports.ts';
import type { Baseline } from './baseline.ts';
import { type CountingParts, countLog } from './count-log.ts';
import { PredictionCounter } from './count-predictions.ts';
import { mergeHistograms, type WindowHistogram } from './histogram.ts';
import { decodeHistogram, HistogramFault } from './histogram-codec.ts';
import { histogramPath, markerPath, parseMarker } from './hour-marker.ts';

export interface WindowParts extends CountingParts {
  readonly histograms: Pick<Blobs, 'read'>;
}

/** Blobs that are read at once. */
const AT_ONCE = 8;

/** A histogram without predictions. */
export function emptyHistogram({ spec }: Pick<Baseline, 'spec'>): WindowHistogram {
  return new PredictionCounter(spec).taken();
}

/**
 * What a version's predictions of `[from, to)` looked like: its hours' histograms, added up. Parts of hours, and hours
 * that were not summarised by this baseline, are counted from the log.
 * @throws Failure `unavailable`, or `not-found` where the version has no baseline
 */
export async function readWindow(
  parts: WindowParts,
  model: string,
  version: string,
  from: number,
  to: number,
): Promise<WindowHistogram> {
  const baseline = await parts.baselineOf(model, version);
  if (baseline === undefined)
    throw new Failure('not-found', `Version ${version} of '${model}' has no baseline`);
  let whole = emptyHistogram(baseline);
  await concurrently(piecesOf(from, to), AT_ONCE, async (piece) => {
    const histogram = await readPiece(parts, baseline, version, piece);
    // Added in whichever order they come: the sum is the same to the bit.
    if (histogram !== undefined) whole = mergeHistograms(whole, histogram);
  });
  return whole;
}

interface Piece {
  readonly from: number;
  readonly to: number;
}

/** The hours of a window, the first and the last one perhaps in part. */
function piecesOf(from: number, to: number): Piece[] {
  const pieces: Piece[] = [];
  for (let hour = hourOf(from); hour < to; hour += HOUR_MS) {
    pieces.push({ from: Math.max(hour, from), to: Math.min(hour + HOUR_MS, to) });
  }
  return pieces;
}

/** @returns undefined where there were no predictions */
async function readPiece(
  parts: WindowParts,
  baseline: Baseline,
  version: string,
  { from, to }: Piece,
): Promise<WindowHistogram | undefined> {
  if (to - from === HOUR_MS) {
    const summarised = await readSummarised(parts, baseline, version, from);
    if (summarised !== 'unknown') return summarised;
  }
  const { histograms } = await countLog(parts, baseline.model, from, to, version);
  return histograms.get(version);
}

async function readSummarised(
  { histograms }: WindowParts,
  { model, spec, specHash }: Baseline,
  version: string,
  hour: number,
): Promise<WindowHistogram | undefined | 'unknown'> {
  const bytes = await histograms.read(histogramPath(model, version, hour));
  if (bytes !== undefined) {
    try {
      const { header, histogram } = decodeHistogram(bytes, spec, specHash);
      if (header.model === model && header.version === version) return histogram;
    } catch (error) {
      if (!(error instanceof HistogramFault)) throw error;
    }
    return 'unknown'; // The log has it all, and the next run writes the hour anew
  }
  const marker = await histograms.read(markerPath(model, hour));
  const hasNone = marker === undefined ? false : isSummarisedWithout(marker, version);
  return hasNone ? undefined : 'unknown';
}

/** Whether an hour was summarised and the version had no predictions in it. */
function isSummarisedWithout(bytes: Uint8Array, version: string): boolean {
  const marker = parseMarker(bytes);
  return (
    marker !== undefined && !Object.hasOwn(marker.counted, version) && !marker.uncounted.includes(version)
  );
}
