import { v7 } from 'uuid';

/** Random bytes are fetched for this many ids at once: fetching them costs more than making the id. */
const POOLED = 256;
const BYTES = 16;
/** The counter beside the millisecond has 31 bits here; it starts in the lower half, so that it cannot run over. */
const COUNTER_START = 0x3fff_ffff;

/**
 * Makes UUIDv7 ids (RFC 9562, section 6.2, method 1) that only ever grow within a worker, also when its clock is set
 * back: the id says when a prediction was made, and in which order.
 * @param now milliseconds since 1970
 * @param fillRandom fills an array with random bytes
 */
export function predictionIds(now: () => number, fillRandom: (bytes: Uint8Array) => void): () => string {
  const pool = new Uint8Array(POOLED * BYTES);
  let used = pool.length;
  let msecs = 0;
  let seq = 0;
  return () => {
    if (used === pool.length) {
      fillRandom(pool);
      used = 0;
    }
    const random = pool.subarray(used, (used += BYTES));
    const time = now();
    if (time > msecs) {
      msecs = time;
      seq = new DataView(random.buffer, random.byteOffset).getUint32(0) & COUNTER_START;
    } else {
      seq += 1;
    }
    return v7({ random, msecs, seq });
  };
}
