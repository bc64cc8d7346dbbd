import { describe, expect, it } from 'vitest';
import { ReaderPlaces, type Reader } from '../../../../local/event-hubs/reader-places.ts';

const reader = (name: string, epoch?: number): Reader => ({ name, epoch });

describe('the places of a partition', () => {
  it('are five for readers without an epoch', () => {
    const places = new ReaderPlaces();
    const readers = ['a', 'b', 'c', 'd', 'e'].map((name) => reader(name));
    for (const one of readers) expect(places.take(one)).toEqual({ displaced: [] });
    expect(places.take(reader('f'))).toMatchObject({
      refused: { condition: 'amqp:resource-limit-exceeded' },
    });
    for (const one of readers.slice(0, 1)) places.leave(one);
    expect(places.take(reader('f'))).toEqual({ displaced: [] });
  });

  it('all go to a reader with an epoch', () => {
    const places = new ReaderPlaces();
    const [a, b] = [reader('a'), reader('b')];
    places.take(a);
    places.take(b);
    expect(places.take(reader('owner', 0))).toEqual({ displaced: [a, b] });
    expect(places.take(a)).toMatchObject({ refused: { condition: 'amqp:link:stolen' } });
  });

  it('go from an epoch to the same or a higher one, never to a lower one', () => {
    const places = new ReaderPlaces();
    const [one, two, three] = [reader('one', 5), reader('two', 5), reader('three', 6)];
    places.take(one);
    expect(places.take(two)).toEqual({ displaced: [one] });
    expect(places.take(three)).toEqual({ displaced: [two] });
    expect(places.take(one)).toMatchObject({ refused: { condition: 'amqp:link:stolen' } });
  });

  it('are free again once their reader leaves, but not when one leaves that has lost its place', () => {
    const places = new ReaderPlaces();
    const [one, two] = [reader('one', 1), reader('two', 2)];
    places.take(one);
    places.take(two);
    places.leave(one);
    expect(places.take(reader('x'))).toHaveProperty('refused');
    places.leave(two);
    expect(places.take(one)).toEqual({ displaced: [] });
  });
});
