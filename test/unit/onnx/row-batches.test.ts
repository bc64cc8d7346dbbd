import { describe, expect, test } from 'vitest';
import { createRowBatches } from '../../../shared/onnx/row-batches.ts';

describe('row batches', () => {
  test('lay rows out in the order of the requests and say whose they are', () => {
    const batches = createRowBatches<string>(2, 4);
    batches.add('a', Float32Array.of(1, 2), 1);
    batches.add('b', Float32Array.of(3, 4, 5, 6), 2);
    const batch = batches.take();
    expect(batch?.rows).toBe(3);
    expect(batch?.input.subarray(0, 6)).toEqual(Float32Array.of(1, 2, 3, 4, 5, 6));
    expect(batch?.parts).toEqual([
      { request: 'a', from: 0, at: 0, rows: 1 },
      { request: 'b', from: 0, at: 1, rows: 2 },
    ]);
    expect(batches.waiting()).toBe(false);
  });

  test('fill a batch before they start the next', () => {
    const batches = createRowBatches<string>(1, 3);
    batches.add('a', Float32Array.of(1, 2), 2);
    batches.add('b', Float32Array.of(3, 4, 5, 6, 7), 5);
    const taken = [batches.take(), batches.take(), batches.take(), batches.take()];
    expect(taken.map((batch) => batch?.parts)).toEqual([
      [
        { request: 'a', from: 0, at: 0, rows: 2 },
        { request: 'b', from: 0, at: 2, rows: 1 },
      ],
      [{ request: 'b', from: 1, at: 0, rows: 3 }],
      [{ request: 'b', from: 4, at: 0, rows: 1 }],
      undefined,
    ]);
  });

  test('reuse the memory of a released batch, with nothing of its old requests', () => {
    const batches = createRowBatches<string>(1, 2);
    batches.add('a', Float32Array.of(1, 2), 2);
    const first = batches.take();
    expect(first).toBeDefined();
    if (first !== undefined) batches.release(first);
    batches.add('b', Float32Array.of(3), 1);
    const second = batches.take();
    expect(second?.input).toBe(first?.input);
    expect(second).toMatchObject({ rows: 1, parts: [{ request: 'b', from: 0, at: 0, rows: 1 }] });
  });

  test('never write into a batch that was taken', () => {
    const batches = createRowBatches<string>(1, 4);
    batches.add('a', Float32Array.of(1), 1);
    const running = batches.take();
    batches.add('b', Float32Array.of(2), 1);
    expect(running?.input[0]).toBe(1);
    expect(running?.rows).toBe(1);
    expect(batches.take()?.input).not.toBe(running?.input);
  });
});
