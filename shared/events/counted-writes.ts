import type { Telemetry } from '../telemetry.ts';
import { TELEMETRY_ATTRIBUTES, TELEMETRY_METRICS } from '../telemetry-names.ts';
import type { WriteOnceBlobs } from './ports.ts';
import type { Spill } from './spill.ts';

/** A spill that tells telemetry how many events of the hub it has taken. */
export function countedSpill(spill: Spill, telemetry: Pick<Telemetry, 'count'>, hub: string): Spill {
  return {
    write: async (events) => {
      await spill.write(events);
      telemetry.count(TELEMETRY_METRICS.logSpilled, events.length, { [TELEMETRY_ATTRIBUTES.hub]: hub });
    },
  };
}

/** Dead letters that tell telemetry of each new one. */
export function countedDeadLetters(
  blobs: WriteOnceBlobs,
  telemetry: Pick<Telemetry, 'count'>,
  hub: string,
): WriteOnceBlobs {
  return {
    create: async (path, bytes) => {
      const isNew = await blobs.create(path, bytes);
      if (isNew) telemetry.count(TELEMETRY_METRICS.deadLetters, 1, { [TELEMETRY_ATTRIBUTES.hub]: hub });
      return isNew;
    },
  };
}
