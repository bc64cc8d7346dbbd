import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { EventBuffer } from '../../../../../local/host/event-hubs/event-buffer.ts';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

const rules = { max: 4, min: 3, maxWait: 1_000, capacity: 6 };

/** Takes batches as they come, each with the time when it came. */
function taking(buffer: EventBuffer<number>): { batch: number[]; at: number }[] {
  const batches: { batch: number[]; at: number }[] = [];
  const from = performance.now();
  const loop = async (): Promise<void> => {
    for (;;) {
      const batch = await buffer.take();
      if (batch === undefined) return;
      batches.push({ batch, at: performance.now() - from });
    }
  };
  void loop();
  return batches;
}

describe('a buffer with a minimum batch', () => {
  it('waits for it, but not longer than allowed', async () => {
    const buffer = new EventBuffer<number>(rules);
    const batches = taking(buffer);
    buffer.push([1]);
    await vi.advanceTimersByTimeAsync(400);
    buffer.push([2, 3]);
    await vi.advanceTimersByTimeAsync(100);
    buffer.push([4]);
    await vi.advanceTimersByTimeAsync(900);
    buffer.push([5]);
    await vi.advanceTimersByTimeAsync(5_000);
    expect(batches).toEqual([
      { batch: [1, 2, 3], at: 400 },
      { batch: [4, 5], at: 1_500 },
    ]);
  });

  it('hands out what is left over when its own time has come', async () => {
    const buffer = new EventBuffer<number>(rules);
    buffer.push([1, 2, 3, 4, 5]);
    const batches = taking(buffer);
    await vi.advanceTimersByTimeAsync(1_000);
    expect(batches).toEqual([
      { batch: [1, 2, 3, 4], at: 0 },
      { batch: [5], at: 1_000 },
    ]);
  });

  it('counts the time that the first batch has waited elsewhere, once', async () => {
    const buffer = new EventBuffer<number>(rules);
    buffer.waitFirst(200);
    const batches = taking(buffer);
    buffer.push([1]);
    await vi.advanceTimersByTimeAsync(200);
    buffer.push([2]);
    await vi.advanceTimersByTimeAsync(1_000);
    expect(batches).toEqual([
      { batch: [1], at: 200 },
      { batch: [2], at: 1_200 },
    ]);
  });
});

it('says when it is full, and when there is room again', async () => {
  const buffer = new EventBuffer<number>({ max: 4, min: 1, maxWait: 0, capacity: 6 });
  buffer.push([1, 2, 3, 4, 5]);
  expect(buffer.isFull).toBe(false);
  await buffer.room();
  buffer.push([6, 7, 8, 9, 10, 11]);
  expect(buffer.isFull).toBe(true);
  const order: string[] = [];
  const room = (async () => {
    await buffer.room();
    order.push('room');
  })();
  expect(await buffer.take()).toEqual([1, 2, 3, 4]);
  order.push('7 left');
  expect(await buffer.take()).toEqual([5, 6, 7, 8]);
  await room;
  expect(order).toEqual(['7 left', 'room']);
});

it('lets everyone go when it is closed', async () => {
  const buffer = new EventBuffer<number>({ max: 4, min: 1, maxWait: 0, capacity: 1 });
  buffer.push([1]);
  const room = buffer.room();
  buffer.close();
  await room;
  expect(await buffer.take()).toBeUndefined();
  buffer.push([2]);
  expect(buffer.isFull).toBe(false);

  const empty = new EventBuffer<number>(rules);
  const taken = empty.take();
  empty.close();
  expect(await taken).toBeUndefined();
});
