import { sendBytes } from './ports.ts';

/**
 * Cuts events into as many as a send to the hub holds, in order.
 * @param textOf the text that is sent of an event
 * @param maxBytes of a send; an event that is larger makes up one of its own
 */
export function* sendsOf<T>(
  events: readonly T[],
  textOf: (event: T) => string,
  maxBytes: number,
): Generator<readonly T[]> {
  let from = 0;
  let bytes = 0;
  for (const [at, event] of events.entries()) {
    const size = sendBytes(textOf(event));
    if (at > from && bytes + size > maxBytes) {
      yield events.slice(from, at);
      [from, bytes] = [at, 0];
    }
    bytes += size;
  }
  if (from < events.length) yield events.slice(from);
}
