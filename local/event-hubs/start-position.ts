import type { PartitionLog } from './partition-log.ts';

/** Where in a partition a consumer starts to read. */
export type StartPosition =
  | { readonly kind: 'earliest' }
  | { readonly kind: 'latest' }
  | { readonly kind: 'sequence' | 'offset'; readonly value: number; readonly inclusive: boolean }
  /** Events enqueued after the time, in milliseconds since 1970. */
  | { readonly kind: 'time'; readonly value: number };

/** A start position that can't be; its message is for the consumer (`com.microsoft:argument-error`). */
export class InvalidPosition extends Error {
  override readonly name = 'InvalidPosition';
}

const SELECTOR =
  /^\s*amqp\.annotation\.x-opt-(offset|sequence-number|enqueued-time)\s*(>=?)\s*'?(@latest|-?\d{1,16})'?\s*$/;

/**
 * Reads the filter with which the Event Hubs clients say where to start, such as
 * `amqp.annotation.x-opt-offset > '1234'`; without one a partition is read from its beginning.
 * @throws InvalidPosition
 */
export function parseStartPosition(selector: string | undefined): StartPosition {
  if (selector === undefined) return { kind: 'earliest' };
  const [, property, operator, text] = SELECTOR.exec(selector) ?? [];
  if (text === undefined) throw new InvalidPosition(`The filter '${selector}' is not understood.`);
  if (text === '@latest') {
    if (property !== 'offset') throw new InvalidPosition(`The filter '${selector}' is not understood.`);
    return { kind: 'latest' };
  }
  const value = Number(text);
  const inclusive = operator === '>=';
  if (property === 'enqueued-time') return { kind: 'time', value: inclusive ? value - 1 : value };
  if (value < 0) return { kind: 'earliest' };
  return { kind: property === 'offset' ? 'offset' : 'sequence', value, inclusive };
}

/**
 * Refuses a position behind the end of a partition, as Event Hubs does: it means that the hub was deleted and
 * recreated since the consumer noted it.
 * @throws InvalidPosition
 */
export function checkStartPosition(start: StartPosition, log: Pick<PartitionLog, 'end' | 'last'>): void {
  if (start.kind === 'offset') {
    const last = log.last?.offset ?? -1;
    const isNext = start.inclusive && last === -1 && start.value === 0;
    if (start.value > last && !isNext) throw new InvalidPosition(invalid('offset', start.value, last));
  } else if (start.kind === 'sequence') {
    const last = log.end.sequence - 1;
    if (start.value > (start.inclusive ? last + 1 : last)) {
      throw new InvalidPosition(invalid('sequence number', start.value, last));
    }
  }
}

function invalid(what: string, value: number, last: number): string {
  return `The supplied ${what} '${String(value)}' is invalid. The last ${what} in the system is '${String(last)}'`;
}
