import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { v7 as uuidv7 } from 'uuid';
import { describe, expect, it } from 'vitest';
import { findDecision } from '../../../shared/events/decision.ts';
import type { LogLine } from '../../../shared/events/event-schema.ts';
import { findPrediction } from '../../../shared/events/find-prediction.ts';
import { IdSet } from '../../../shared/events/id-set.ts';
import { linesOf } from '../../../shared/events/lines.ts';
import { newCounts, readDay, readHour, readRange } from '../../../shared/events/log-reader.ts';
import { allOf } from '../../fixtures/all-of.ts';
import { MemoryBlobs } from '../../fixtures/memory-blobs.ts';
import { eventOf, idAt } from '../../fixtures/prediction-events.ts';

const TEN = Date.UTC(2026, 2, 1, 10);
const HOUR = 3_600_000;

const lineOf = (id: string, sequenceNumber = 0, partition = '0', model = 'cards'): string =>
  `${JSON.stringify({ partition, sequenceNumber, event: eventOf(id, model) })}\n`;

async function blobsWith(files: Record<string, string>): Promise<MemoryBlobs> {
  const blobs = new MemoryBlobs();
  for (const [path, text] of Object.entries(files)) await blobs.create(path, Buffer.from(text));
  return blobs;
}

async function idsOf(lines: AsyncIterable<LogLine>): Promise<string[]> {
  return (await allOf(lines)).map(({ event }) => event.id);
}

describe('readHour', () => {
  it('gives each prediction of the hour once: partitions by number, parts in order, lines in order', async () => {
    const ids = Array.from({ length: 7 }, (_, i) => idAt(TEN + i));
    const [a = '', b = '', c = '', d = '', e = '', f = '', g = ''] = ids;
    const blobs = await blobsWith({
      'cards/2026/03/01/10/10.jsonl': lineOf(g) + lineOf(a),
      'cards/2026/03/01/10/2.10.jsonl': lineOf(f),
      'cards/2026/03/01/10/2.jsonl': lineOf(c) + lineOf(d) + lineOf(c),
      'cards/2026/03/01/10/2.2.jsonl': lineOf(e),
      'cards/2026/03/01/10/1.jsonl': lineOf(a) + lineOf(b),
      'cards/2026/03/01/10/notes.txt': 'not of the log',
      'cards/2026/03/01/11/1.jsonl': lineOf(idAt(TEN + HOUR)),
      'cards2/2026/03/01/10/1.jsonl': lineOf(idAt(TEN), 0, '1', 'cards2'),
    });
    const counts = newCounts();
    expect(await idsOf(readHour(blobs, 'cards', TEN + 1_234_567, counts))).toEqual(ids);
    expect(counts).toEqual({ lines: 7, duplicates: 2, unreadable: 0 });
  });

  it('reads past torn and foreign lines, and counts them', async () => {
    const [a, b] = [idAt(TEN), idAt(TEN)];
    const whole = lineOf(a);
    const blobs = await blobsWith({
      'cards/2026/03/01/10/0.jsonl': `${whole}garbage\n\n{"partition":"0"}\n[1]\n${lineOf(b)}${whole.slice(0, 80)}`,
    });
    const counts = newCounts();
    expect(await idsOf(readHour(blobs, 'cards', TEN, counts))).toEqual([a, b]);
    expect(counts).toEqual({ lines: 2, duplicates: 0, unreadable: 4 });
  });

  it('gives the event as it was logged, with what a later release has added', async () => {
    const event = {
      ...eventOf(idAt(TEN)),
      traceparent: '00-x',
      data: { ...eventOf(idAt(TEN)).data, later: [1] },
    };
    const line = { partition: '4', sequenceNumber: 17, event };
    const blobs = await blobsWith({ 'cards/2026/03/01/10/4.jsonl': `${JSON.stringify(line)}\n` });
    expect(await allOf(readHour(blobs, 'cards', TEN))).toEqual([line]);
  });

  it('is empty for an hour without predictions', async () => {
    expect(await idsOf(readHour(new MemoryBlobs(), 'cards', TEN))).toEqual([]);
  });
});

describe('readRange and readDay', () => {
  it('give what was made in the range, from hour to hour', async () => {
    const times = [TEN - HOUR, TEN - 1, TEN, TEN + 5, TEN + HOUR, TEN + HOUR + 5, TEN + 14 * HOUR];
    const blobs = new MemoryBlobs();
    const ids = times.map(idAt);
    for (const [i, id] of ids.entries()) {
      const hour = new Date(times[i] ?? 0).toISOString().slice(0, 13).replaceAll(/[-T]/g, '/');
      await blobs.start(`cards/${hour}/0.jsonl`);
      await blobs.append(`cards/${hour}/0.jsonl`, Buffer.from(lineOf(id)));
    }
    const counts = newCounts();
    expect(await idsOf(readRange(blobs, 'cards', TEN - 1, TEN + HOUR + 5, counts))).toEqual(ids.slice(1, 5));
    expect(counts.lines).toBe(4);
    expect(await idsOf(readRange(blobs, 'cards', TEN, TEN + HOUR))).toEqual(ids.slice(2, 4));
    expect(await idsOf(readRange(blobs, 'cards', TEN, TEN))).toEqual([]);
    expect(await idsOf(readDay(blobs, 'cards', TEN + 77))).toEqual(ids.slice(0, 6));
  });
});

describe('findPrediction', () => {
  it('finds an event in whichever partition of its hour it is', async () => {
    const ids = Array.from({ length: 300 }, () => idAt(TEN));
    const files: Record<string, string> = {};
    for (const [i, id] of ids.entries()) {
      const path = `cards/2026/03/01/10/${i % 6}.jsonl`;
      files[path] = (files[path] ?? '') + lineOf(id, i);
    }
    const parts = { predictions: await blobsWith(files), spill: new MemoryBlobs() };
    for (const id of [ids[0] ?? '', ids[149] ?? '', ids[299] ?? '']) {
      expect(await findPrediction(parts, 'cards', id)).toEqual(eventOf(id));
    }
    expect(await findPrediction(parts, 'cards', idAt(TEN))).toBeUndefined();
    expect(await findPrediction(parts, 'loans', ids[0] ?? '')).toBeUndefined();
  });

  it('finds one that is still in the spill, which may be a folder later', async () => {
    const [a, b] = [idAt(TEN + 5), idAt(TEN + HOUR - 1)];
    const spill = await blobsWith({
      '2026/03/01/10/x.jsonl': `garbage ${a}\n${JSON.stringify(eventOf(a))}\n`,
      '2026/03/01/11/y.jsonl': `${JSON.stringify(eventOf(b))}\n`,
    });
    const parts = { predictions: new MemoryBlobs(), spill };
    expect(await findPrediction(parts, 'cards', a)).toEqual(eventOf(a));
    expect(await findPrediction(parts, 'cards', b)).toEqual(eventOf(b));
    expect(await findPrediction(parts, 'loans', a)).toBeUndefined();
  });

  it('takes an id that another event only mentions for no hit', async () => {
    const id = idAt(TEN);
    const mention = eventOf(idAt(TEN), 'cards', { note: id });
    const line = JSON.stringify({ partition: '0', sequenceNumber: 1, event: mention });
    const parts = {
      predictions: await blobsWith({ 'cards/2026/03/01/10/0.jsonl': `${line}\n` }),
      spill: new MemoryBlobs(),
    };
    expect(await findPrediction(parts, 'cards', id)).toBeUndefined();
  });
});

describe('findDecision', () => {
  const labelOf = () => Promise.resolve(undefined);
  const policyOf = (model: string, version: string) =>
    Promise.resolve({ review: model === 'cards' && version === '3' ? 0.3 : 0.1, block: 0.7 });

  it('shows the event with the version and the thresholds that decided', async () => {
    const id = idAt(TEN);
    const find = (_: string, wanted: string) => Promise.resolve(wanted === id ? eventOf(id) : undefined);
    expect(await findDecision({ find, policyOf, labelOf }, 'cards', id.toUpperCase())).toEqual({
      event: eventOf(id),
      version: '3',
      policy: { review: 0.3, block: 0.7 },
    });
    await expect(findDecision({ find, policyOf, labelOf }, 'cards', idAt(TEN))).rejects.toMatchObject({
      kind: 'not-found',
    });
  });

  it('knows without looking that there is no prediction of an id that is no UUIDv7', async () => {
    const find = () => Promise.reject(new Error('looked'));
    await expect(findDecision({ find, policyOf, labelOf }, 'cards', '../../x')).rejects.toMatchObject({
      kind: 'not-found',
    });
  });
});

describe('linesOf', () => {
  it('finds the lines of a text, wherever it is cut', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.string({ unit: fc.constantFrom('a', 'ß', '€', '😀', '\n', '\r') }),
        fc.array(fc.nat(9)),
        async (text, cuts) => {
          const bytes = Buffer.from(text);
          const pieces = async function* () {
            let from = 0;
            for (const cut of cuts) {
              yield bytes.subarray(from, from + cut);
              from += cut;
            }
            yield bytes.subarray(from);
            await Promise.resolve();
          };
          expect(await allOf(linesOf(pieces()))).toEqual(text.split('\n').filter((line) => line !== ''));
        },
      ),
    );
  });
});

describe('IdSet', () => {
  it('answers as a Set of texts does', () => {
    const id = fc.oneof(
      fc.uuid({ version: 7 }),
      fc.nat(40).map((seq) => uuidv7({ msecs: 1_700_000_000_000, seq, random: new Uint8Array(16) })),
    );
    fc.assert(
      fc.property(fc.array(id, { maxLength: 200 }), (ids) => {
        const [ours, theirs] = [new IdSet(), new Set<string>()];
        for (const one of ids) {
          expect(ours.add(one)).toBe(!theirs.has(one));
          theirs.add(one);
        }
        expect(ours.size).toBe(theirs.size);
      }),
    );
  });

  it.each([0, 8, 16, 24])('tells ids apart that differ only in the eight digits from %i on', (at) => {
    const [ours, theirs] = [new IdSet(), new Set<string>()];
    for (let i = 0; i < 5_000; i += 1) {
      const digits = randomBytes(4).toString('hex');
      const one = '019ca8d72d6276d2b9801f97e4467bd5';
      const id = (one.slice(0, at) + digits + one.slice(at + 8)).replace(
        /^(.{8})(.{4})(.{4})(.{4})/,
        '$1-$2-$3-$4-',
      );
      expect(ours.add(id)).toBe(!theirs.has(id));
      theirs.add(id);
    }
  });

  it('grows', () => {
    const set = new IdSet();
    const ids = Array.from({ length: 20_000 }, () => uuidv7());
    expect(ids.every((id) => set.add(id))).toBe(true);
    expect(ids.some((id) => set.add(id))).toBe(false);
    expect(set.size).toBe(20_000);
  });
});
