import { expect, it } from 'vitest';
import { advance, NOWHERE, type Place, type Position } from '../../../shared/rollups/position.ts';

const at = (sequenceNumber: number, enqueuedTime: number): Place => ({ sequenceNumber, enqueuedTime });

/** The positions after each of some events; undefined for those that were counted already. */
function positions(...events: readonly Place[]): (Position | undefined)[] {
  let position = NOWHERE;
  return events.map((event) => {
    const next = advance(position, event);
    position = next ?? position;
    return next;
  });
}

it('takes what has a greater number, and nothing twice', () => {
  expect(positions(at(0, 100), at(4, 101), at(4, 101), at(0, 100), at(5, 101))).toEqual([
    at(0, 100),
    at(4, 101),
    undefined,
    undefined,
    at(5, 101),
  ]);
});

it('does not take an event again because the clock of the broker went back after it', () => {
  expect(positions(at(1, 100), at(2, 97), at(1, 100), at(2, 97), at(3, 98))).toEqual([
    at(1, 100),
    at(2, 100),
    undefined,
    undefined,
    at(3, 100),
  ]);
});

it('takes a lower number with a later time, of a hub that was made again, and nothing more of the old one', () => {
  const oldUntil = 100;
  expect(
    positions(at(9, 100), at(0, 500), at(1, 499), at(5, 50), at(9, 100), at(0, 500), at(2, 501)),
  ).toEqual([
    at(9, 100),
    { ...at(0, 500), oldUntil },
    { ...at(1, 500), oldUntil },
    undefined,
    undefined,
    undefined,
    { ...at(2, 501), oldUntil },
  ]);
});
