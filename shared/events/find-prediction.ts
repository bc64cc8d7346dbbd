import { type PredictionEvent, predictionEventSchema } from './event-schema.ts';
import { linesOf } from './lines.ts';
import { hourFolder, hourPath } from './log-layout.ts';
import { parseLine, partsOf } from './log-reader.ts';
import type { ReadableBlobs } from './ports.ts';
import { timeOf } from './prediction-id.ts';

/** Files that are searched at the same time. */
const MAX_AT_ONCE = 4;
/** How long after its id was made an event may still be on its way into the spill. Milliseconds. */
const SPILL_DELAY_MS = 60_000;

export interface FindParts {
  readonly predictions: ReadableBlobs;
  readonly spill: ReadableBlobs;
}

/**
 * Finds a logged prediction by the time inside its id: in the log's files of that hour, or in the spill, if it has not
 * been sent again yet. One that was acknowledged within the last seconds may be in neither.
 * @param predictionId a text that `isPredictionId` accepts
 * @throws Failure `unavailable`
 */
export async function findPrediction(
  parts: FindParts,
  model: string,
  predictionId: string,
): Promise<PredictionEvent | undefined> {
  const time = timeOf(predictionId);
  const files = await partsOf(parts.predictions, hourFolder(model, time));
  const wanted = (event: PredictionEvent | undefined): boolean =>
    event?.id === predictionId && event.data.model === model;
  const logged = await search(parts.predictions, files, predictionId, (line) => {
    const event = parseLine(line)?.event;
    return wanted(event) ? event : undefined;
  });
  if (logged !== undefined) return logged;
  return search(parts.spill, await spillsOf(parts.spill, time), predictionId, (line) => {
    const event = parseEvent(line);
    return wanted(event) ? event : undefined;
  });
}

/** The spill blobs that an event of this time may be in: they lie in the hour of their writing. */
async function spillsOf(spill: ReadableBlobs, time: number): Promise<string[]> {
  const folders = new Set([hourPath(time), hourPath(time + SPILL_DELAY_MS)]);
  const paths: string[] = [];
  for (const folder of folders) for await (const path of spill.list(`${folder}/`)) paths.push(path);
  return paths;
}

/** The first line that holds `id` and that `parse` accepts; the search ends there. */
async function search<T>(
  blobs: ReadableBlobs,
  paths: readonly string[],
  id: string,
  parse: (line: string) => T | undefined,
): Promise<T | undefined> {
  let found: T | undefined;
  let next = 0;
  const lane = async (): Promise<void> => {
    for (let path = paths[next]; path !== undefined && found === undefined; path = paths[next]) {
      next += 1;
      for await (const line of linesOf(blobs.read(path))) {
        if (line.includes(id)) found ??= parse(line);
        if (found !== undefined) break;
      }
    }
  };
  await Promise.all(Array.from({ length: MAX_AT_ONCE }, lane));
  return found;
}

function parseEvent(line: string): PredictionEvent | undefined {
  try {
    return predictionEventSchema.safeParse(JSON.parse(line)).data;
  } catch {
    return undefined; // a line of the spill that is no event is put aside when it is sent again
  }
}
