import { spillPath } from './log-layout.ts';
import type { WriteOnceBlobs } from './ports.ts';

/** Keeps events that the hub did not take, or may not have taken, until they are sent again. */
export interface Spill {
  /** Resolves when all are stored. @throws Failure `unavailable` */
  write(events: readonly string[]): Promise<void>;
}

/**
 * A spill in `predictions-spill`: each write makes one blob, a line per event, in the folder of the hour of writing.
 * @param newId a new UUIDv7, so that names are unique and in the order of time
 * @param now milliseconds since 1970-01-01T00:00Z
 */
export function blobSpill(blobs: WriteOnceBlobs, newId: () => string, now: () => number): Spill {
  return {
    write: async (events) => {
      const path = spillPath(now(), newId());
      // Not created means that it is there: an attempt whose answer was lost had been carried out.
      await blobs.create(path, Buffer.from(`${events.join('\n')}\n`));
    },
  };
}
