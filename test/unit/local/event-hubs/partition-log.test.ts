import { mkdtemp, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { EventCursor } from '../../../../local/event-hubs/event-cursor.ts';
import { DamagedLog, openLog } from '../../../../local/event-hubs/open-log.ts';
import { LogUnavailable, PartitionLog } from '../../../../local/event-hubs/partition-log.ts';
import { segmentAt } from '../../../../local/event-hubs/segment-files.ts';
import { SegmentList } from '../../../../local/event-hubs/segment-list.ts';
import type { SegmentWriter } from '../../../../local/event-hubs/segment-writer.ts';
import { append, readAll, ROOMY } from './sent-events.ts';

let root: string;
let count = 0;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'log-'));
});
afterEach(() => rm(root, { recursive: true, force: true }));

/** A folder of its own for each log. */
function folder(): string {
  count += 1;
  return join(root, String(count));
}

const earliest = { kind: 'earliest' } as const;
const texts = async (log: PartitionLog): Promise<string[]> =>
  (await readAll(new EventCursor(log, earliest))).map(({ text }) => text);

describe('the log of a partition', () => {
  it('numbers events from 0 on, gives growing offsets from 0 and times that never go back', async () => {
    const times = [1_000, 3_000, 2_000];
    let calls = 0;
    const log = await openLog(folder(), ROOMY, () => times[Math.min(calls++, 2)] ?? 0);
    await append(log, 'a', 'b');
    await append(log, 'c');
    const seen = await readAll(new EventCursor(log, earliest));
    expect(seen.map(({ text }) => text)).toEqual(['a', 'b', 'c']);
    expect(seen.map(({ sequenceNumber }) => sequenceNumber)).toEqual([0, 1, 2]);
    expect(seen[0]?.offset).toBe('0');
    const offsets = seen.map(({ offset }) => Number(offset));
    expect(offsets).toEqual([...new Set(offsets)].toSorted((a, b) => a - b));
    const enqueued = seen.map(({ enqueuedTime }) => enqueuedTime);
    expect(enqueued).toEqual(enqueued.toSorted((a, b) => a - b));
    await log.close();
  });

  it('goes on after a restart where it was, and knows its last event', async () => {
    const path = folder();
    const first = await openLog(path, ROOMY, () => 5_000);
    await append(first, 'a', 'b');
    const { last } = first;
    await first.close();
    const second = await openLog(path, ROOMY, () => 6_000);
    expect(second.end.sequence).toBe(2);
    expect(second.last).toEqual(last);
    await append(second, 'c');
    expect(
      (await readAll(new EventCursor(second, earliest))).map(({ sequenceNumber }) => sequenceNumber),
    ).toEqual([0, 1, 2]);
    await second.close();
  });

  it('keeps every acknowledged batch whole, and nothing else, wherever the tail is cut or damaged', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.array(fc.string({ maxLength: 40 }), { minLength: 1, maxLength: 4 }), {
          minLength: 1,
          maxLength: 6,
        }),
        fc.nat(),
        fc.constantFrom('cut', 'change', 'zeros', 'garbage'),
        async (batches, where, damage) => {
          const path = folder();
          const log = await openLog(path, ROOMY, () => 1_000);
          /** Where each batch ends in the file. */
          const ends: number[] = [];
          for (const batch of batches) {
            await append(log, ...batch);
            ends.push(log.end.position);
          }
          await log.close();
          const file = segmentAt(path, 0, 0).path;
          const bytes = await readFile(file);
          const at = where % bytes.length;
          if (damage === 'cut') await truncate(file, at);
          else if (damage === 'garbage') await writeFile(file, Buffer.concat([bytes.subarray(0, at), NOISE]));
          else {
            const changed = Buffer.from(bytes);
            if (damage === 'zeros') changed.fill(0, at);
            else changed[at] = (changed[at] ?? 0) ^ 0x40;
            await writeFile(file, changed);
          }
          const isSame = damage === 'zeros' && bytes.subarray(at).every((byte) => byte === 0);
          const whole = batches.filter((_, index) => isSame || (ends[index] ?? 0) <= at);
          const again = await openLog(path, ROOMY, () => 2_000);
          expect(await texts(again)).toEqual(whole.flat());
          await append(again, 'next');
          const seen = await readAll(new EventCursor(again, earliest));
          expect(seen.at(-1)).toMatchObject({ text: 'next', sequenceNumber: whole.flat().length });
          await again.close();
          const once = await openLog(path, ROOMY, () => 3_000);
          expect(await texts(once)).toEqual([...whole.flat(), 'next']);
          await once.close();
        },
      ),
      { numRuns: 120 },
    );
  });

  it('refuses to open when a segment in the middle is shorter than it was', async () => {
    const path = folder();
    const log = await openLog(path, { ...ROOMY, segmentBytes: 1 }, () => 1_000);
    await append(log, 'a');
    await append(log, 'b');
    await append(log, 'c');
    await log.close();
    const [, second = ''] = (await readdir(path)).toSorted();
    await truncate(join(path, second), 10);
    await expect(openLog(path, ROOMY, () => 1_000)).rejects.toThrow(DamagedLog);
  });

  it('gives up a failed write as a whole, and numbers what follows as if it had not been', async () => {
    const path = folder();
    const opened = await openLog(path, ROOMY, () => 1_000);
    await append(opened, 'before');
    const { end, last } = opened;
    await opened.close();
    const segment = segmentAt(path, 0, 0);
    const written: Buffer[] = [];
    const truncated: number[] = [];
    let fails = true;
    const file: SegmentWriter = {
      write: (parts) => {
        if (fails) return Promise.reject(new Error('no space left on device'));
        written.push(...parts);
        return Promise.resolve();
      },
      truncate: (at) => Promise.resolve(void truncated.push(at)),
      close: () => Promise.resolve(),
    };
    const segments = new SegmentList(path, new Map(), segment);
    const log = new PartitionLog({ folder: path, segments, file, end, last }, ROOMY, () => 1_000);
    const lost = await Promise.allSettled([append(log, 'x'), append(log, 'y'), append(log, 'z')]);
    expect(lost.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected']);
    expect(lost[0]).toMatchObject({ reason: expect.any(LogUnavailable) });
    expect(log.end).toEqual(end);
    fails = false;
    await append(log, 'after');
    expect(truncated).toEqual([end.position]);
    const latest = await readAll(new EventCursor(log, { kind: 'sequence', value: 0, inclusive: false }));
    expect(latest).toMatchObject([{ text: 'after', sequenceNumber: 1 }]);
    expect(written).toHaveLength(1);
  });

  it('acknowledges several appends of one moment with one write, in their order', async () => {
    const path = folder();
    const log = await openLog(path, ROOMY, () => 1_000);
    const order: number[] = [];
    const wakes: number[] = [];
    log.watch(() => wakes.push(order.length));
    await Promise.all(
      Array.from({ length: 20 }, (_, index) => append(log, String(index)).then(() => order.push(index))),
    );
    expect(order).toEqual(Array.from({ length: 20 }, (_, index) => index));
    expect(wakes).toHaveLength(2);
    await log.close();
  });

  it('accepts nothing after it was closed', async () => {
    const log = await openLog(folder(), ROOMY, () => 1_000);
    await log.close();
    await expect(append(log, 'late')).rejects.toThrow(LogUnavailable);
  });
});

describe('retention', () => {
  it('removes whole old segments by size, while the numbers go on', async () => {
    const path = folder();
    const limits = { ...ROOMY, segmentBytes: 2_000, retention: { bytes: 6_000, ms: 1e12 } };
    const log = await openLog(path, limits, () => 1_000);
    for (let index = 0; index < 100; index += 1) await append(log, String(index).padStart(200, '.'));
    expect(log.begin.sequence).toBeGreaterThan(0);
    expect(log.end.position - log.begin.position).toBeLessThan(6_000 + 2_600);
    const seen = await readAll(new EventCursor(log, earliest));
    expect(seen[0]?.sequenceNumber).toBe(log.begin.sequence);
    expect(seen.at(-1)?.sequenceNumber).toBe(99);
    expect((await readdir(path)).length).toBeLessThan(6);
    await log.close();
    const again = await openLog(path, limits, () => 1_000);
    expect(again.begin).toEqual(log.begin);
    expect(again.end).toEqual(log.end);
    await again.close();
  });

  it('removes segments whose newest event is too old', async () => {
    let now = 1_000_000;
    const limits = { ...ROOMY, retention: { bytes: 1 << 30, ms: 8_000 } };
    const log = await openLog(folder(), limits, () => now);
    for (let index = 0; index < 10; index += 1) {
      await append(log, String(index));
      now += 2_000;
    }
    const kept = await readAll(new EventCursor(log, earliest));
    expect(kept.map(({ text }) => text)).toEqual(['5', '6', '7', '8', '9']);
    now += 100_000;
    await log.applyRetention();
    expect(await texts(log)).toEqual(['9']);
    await log.close();
  });

  it('lets a reader that it overtakes go on with the oldest event that is left', async () => {
    const limits = { segmentBytes: 1, retention: { bytes: 1_500, ms: 1e12 }, tailBytes: 0 };
    const log = await openLog(folder(), limits, () => 1_000);
    await append(log, 'first'.padStart(400));
    const cursor = new EventCursor(log, earliest);
    for (let index = 0; index < 10; index += 1) await append(log, String(index).padStart(400));
    expect((await readAll(cursor)).map(({ sequenceNumber }) => sequenceNumber)).toEqual([8, 9, 10]);
    await log.close();
  });
});

it('finds a start position in memory and on the disk alike', async () => {
  let now = 1_000;
  for (const tailBytes of [0, 1 << 20]) {
    const log = await openLog(folder(), { ...ROOMY, segmentBytes: 3_000, tailBytes }, () => now);
    for (let batch = 0; batch < 60; batch += 1) {
      now += 10;
      await append(log, `${String(batch)}a`, `${String(batch)}b`);
    }
    const all = await readAll(new EventCursor(log, earliest));
    for (const [index, event] of all.entries()) {
      const value = event.sequenceNumber;
      const sequences = (inclusive: boolean) => new EventCursor(log, { kind: 'sequence', value, inclusive });
      expect(await readAll(sequences(true))).toEqual(all.slice(index));
      expect(await readAll(sequences(false))).toEqual(all.slice(index + 1));
      const offsets = (inclusive: boolean) =>
        new EventCursor(log, { kind: 'offset', value: Number(event.offset), inclusive });
      expect(await readAll(offsets(true))).toEqual(all.slice(index));
      expect(await readAll(offsets(false))).toEqual(all.slice(index + 1));
      const later = all.filter(({ enqueuedTime }) => enqueuedTime > event.enqueuedTime);
      expect(await readAll(new EventCursor(log, { kind: 'time', value: event.enqueuedTime }))).toEqual(later);
    }
    const latest = new EventCursor(log, { kind: 'latest' });
    expect(latest.atEnd).toBe(true);
    await append(log, 'new');
    expect(await readAll(latest)).toMatchObject([{ text: 'new' }]);
    await log.close();
  }
});

/** What a crash may leave behind the flushed part of a file. */
const NOISE = Buffer.from(Array.from({ length: 100 }, (_, index) => (index * 89) & 0xff));
