import { describe, expect, it } from 'vitest';
import {
  checkStartPosition,
  InvalidPosition,
  parseStartPosition,
} from '../../../../local/event-hubs/start-position.ts';

describe('the start position in a filter', () => {
  it.each([
    [undefined, { kind: 'earliest' }],
    ["amqp.annotation.x-opt-offset > '-1'", { kind: 'earliest' }],
    ["amqp.annotation.x-opt-offset > '@latest'", { kind: 'latest' }],
    ["amqp.annotation.x-opt-offset > '120'", { kind: 'offset', value: 120, inclusive: false }],
    ["amqp.annotation.x-opt-offset >= '120'", { kind: 'offset', value: 120, inclusive: true }],
    ["amqp.annotation.x-opt-sequence-number > '7'", { kind: 'sequence', value: 7, inclusive: false }],
    ["amqp.annotation.x-opt-sequence-number > '-1'", { kind: 'earliest' }],
    ["amqp.annotation.x-opt-enqueued-time > '1700000000000'", { kind: 'time', value: 1_700_000_000_000 }],
    ["amqp.annotation.x-opt-enqueued-time >= '1700000000000'", { kind: 'time', value: 1_699_999_999_999 }],
  ])('%s is %j', (selector, position) => {
    expect(parseStartPosition(selector)).toEqual(position);
  });

  it.each([
    '',
    'x',
    "amqp.annotation.x-opt-offset < '1'",
    "amqp.annotation.x-opt-sequence-number > '@latest'",
  ])('%j is refused', (selector) => {
    expect(() => parseStartPosition(selector)).toThrow(InvalidPosition);
  });

  const log = { end: { sequence: 10, position: 2_000 }, last: { offset: 1_800, enqueuedTime: 0 } };
  const empty = { end: { sequence: 0, position: 0 }, last: undefined };

  it('may be anywhere up to the next event', () => {
    expect(() => {
      for (const value of [0, 1_800]) checkStartPosition({ kind: 'offset', value, inclusive: false }, log);
      checkStartPosition({ kind: 'sequence', value: 9, inclusive: false }, log);
      checkStartPosition({ kind: 'sequence', value: 10, inclusive: true }, log);
      checkStartPosition({ kind: 'sequence', value: 0, inclusive: true }, empty);
      checkStartPosition({ kind: 'offset', value: 0, inclusive: true }, empty);
      checkStartPosition({ kind: 'time', value: 9e15 }, empty);
    }).not.toThrow();
  });

  it('behind the end is refused in the words of Event Hubs: the hub has been recreated', () => {
    expect(() => checkStartPosition({ kind: 'offset', value: 1_801, inclusive: false }, log)).toThrow(
      "The supplied offset '1801' is invalid. The last offset in the system is '1800'",
    );
    expect(() => checkStartPosition({ kind: 'offset', value: 55, inclusive: false }, empty)).toThrow(
      "The last offset in the system is '-1'",
    );
    expect(() => checkStartPosition({ kind: 'sequence', value: 10, inclusive: false }, log)).toThrow(
      "The supplied sequence number '10' is invalid. The last sequence number in the system is '9'",
    );
  });
});
