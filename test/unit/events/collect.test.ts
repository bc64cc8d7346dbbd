import { describe, expect, it } from 'vitest';
import { AppendLog } from '../../../shared/events/append-log.ts';
import { collect, type ReceivedBatch } from '../../../shared/events/collect.ts';
import { triggerBatch } from '../../../shared/events/trigger-batch.ts';
import { Failure } from '../../../shared/failure.ts';
import { sumByVersion, sumOfPairs } from '../../../shared/rollups/read.ts';
import { RollupWriter } from '../../../shared/rollups/rollup-writer.ts';
import { MemoryBlobs } from '../../fixtures/memory-blobs.ts';
import { MemoryRollups } from '../../fixtures/memory-rollups.ts';
import { eventOf, idAt, shadowOf } from '../../fixtures/prediction-events.ts';

const TEN = Date.UTC(2026, 2, 1, 10);
const ENQUEUED = Date.UTC(2026, 2, 1, 12, 0, 0, 7);

function setUp(maxBlocks?: number) {
  const predictions = new MemoryBlobs();
  const deadLetters = new MemoryBlobs();
  const shadows = new MemoryBlobs();
  const rollups = new MemoryRollups();
  const parts = {
    logs: { predictions: new AppendLog(predictions, maxBlocks), shadows: new AppendLog(shadows) },
    counter: new RollupWriter(rollups),
    deadLetters,
  };
  return { predictions, shadows, rollups, deadLetters, parts };
}

function batchOf(bodies: readonly unknown[], first = 0, partition = '2'): ReceivedBatch {
  const events = bodies.map((body, i) => ({ body, sequenceNumber: first + i, enqueuedTime: ENQUEUED }));
  return { hub: 'predictions', partition, events };
}

const bytesOf = (event: object) => Buffer.from(JSON.stringify(event));
const linesIn = (text: string | undefined): unknown[] =>
  (text ?? '')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as unknown);

describe('collect', () => {
  it('appends each event to the hour of its own prediction, with its place in the hub', async () => {
    const { predictions, parts } = setUp();
    const events = [
      eventOf(idAt(TEN - 1)),
      eventOf(idAt(TEN), 'cards', { name: 'Größe "x"\u2028' }),
      eventOf(idAt(TEN + 1), 'loans'),
      eventOf(idAt(TEN + 3_599_999)),
    ];
    expect(await collect(parts, batchOf(events.map(bytesOf), 7))).toEqual({ lines: 4, deadLetters: 0 });
    expect([...predictions.blobs.keys()].toSorted()).toEqual([
      'cards/2026/03/01/09/2.jsonl',
      'cards/2026/03/01/10/2.jsonl',
      'loans/2026/03/01/10/2.jsonl',
    ]);
    expect(linesIn(predictions.text('cards/2026/03/01/10/2.jsonl'))).toEqual([
      { partition: '2', sequenceNumber: 8, event: events[1] },
      { partition: '2', sequenceNumber: 10, event: events[3] },
    ]);
  });

  it("appends shadow events to the shadows of their prediction's hour", async () => {
    const { predictions, shadows, parts } = setUp();
    const events = [shadowOf(idAt(TEN)), eventOf(idAt(TEN)), shadowOf(idAt(TEN - 1), {}, 'loans')];
    expect(await collect(parts, batchOf(events.map(bytesOf), 7))).toEqual({ lines: 3, deadLetters: 0 });
    expect([...shadows.blobs.keys()].toSorted()).toEqual([
      'cards/2026/03/01/10/2.jsonl',
      'loans/2026/03/01/09/2.jsonl',
    ]);
    expect(linesIn(shadows.text('cards/2026/03/01/10/2.jsonl'))).toEqual([
      { partition: '2', sequenceNumber: 7, event: events[0] },
    ]);
    expect(linesIn(predictions.text('cards/2026/03/01/10/2.jsonl'))).toHaveLength(1);
  });

  it('counts what it appends, and appends nothing while it cannot count', async () => {
    const { predictions, rollups, parts } = setUp();
    const batch = batchOf([eventOf(idAt(TEN)), 'poison', shadowOf(idAt(TEN)), eventOf(idAt(TEN + 60_000))]);
    rollups.fault = () => 'before';
    await expect(collect(parts, batch)).rejects.toThrow(Failure);
    await expect(collect(parts, batch)).rejects.toThrow(Failure);
    expect(predictions.blobs.size).toBe(0);
    rollups.fault = () => undefined;
    await collect(parts, batch);
    await collect(parts, batch);
    expect(sumByVersion(rollups.all())).toMatchObject([{ version: '3', sums: { counts: { ok: 2 } } }]);
    expect(sumOfPairs(rollups.all()).served).toEqual({ champion: 1, canary: 0 });
  });

  it('makes one append of all the events of a file', async () => {
    const { predictions, parts } = setUp();
    await collect(parts, batchOf(Array.from({ length: 500 }, () => bytesOf(eventOf(idAt(TEN))))));
    expect(predictions.blobs.get('cards/2026/03/01/10/2.jsonl')?.blocks).toBe(1);
  });

  it('cuts appends at 4 MiB, between lines', async () => {
    const { predictions, parts } = setUp();
    const event = bytesOf(eventOf(idAt(TEN), 'cards', { name: 'ß'.repeat(50_000) }));
    await collect(parts, batchOf(Array.from({ length: 100 }, () => event)));
    const blob = predictions.blobs.get('cards/2026/03/01/10/2.jsonl');
    expect(blob?.blocks).toBe(3);
    expect(linesIn(blob?.bytes.toString())).toHaveLength(100);
  });

  it('keeps an event of several lines on one, and takes what a host has parsed already', async () => {
    const { predictions, parts } = setUp();
    const event = eventOf(idAt(TEN));
    await collect(parts, batchOf([JSON.stringify(event, undefined, 2), event, JSON.stringify(event)]));
    expect(linesIn(predictions.text('cards/2026/03/01/10/2.jsonl'))).toMatchObject([
      { event },
      { event },
      { event },
    ]);
  });

  it('goes on in a new part before a blob is full', async () => {
    const { predictions, parts } = setUp(3);
    for (let i = 0; i < 8; i += 1) await collect(parts, batchOf([eventOf(idAt(TEN))], i));
    expect([...predictions.blobs].map(([path, { blocks }]) => [path, blocks])).toEqual([
      ['cards/2026/03/01/10/2.jsonl', 3],
      ['cards/2026/03/01/10/2.1.jsonl', 3],
      ['cards/2026/03/01/10/2.2.jsonl', 2],
    ]);
  });

  it('finds the part that takes appends after a restart', async () => {
    const { predictions, parts } = setUp(3);
    predictions.maxBlocks = 3;
    for (let i = 0; i < 7; i += 1) await collect(parts, batchOf([eventOf(idAt(TEN))], i));
    const restarted = { ...parts, logs: { ...parts.logs, predictions: new AppendLog(predictions, 3) } };
    await collect(restarted, batchOf([eventOf(idAt(TEN))], 7));
    expect(predictions.blobs.get('cards/2026/03/01/10/2.2.jsonl')?.blocks).toBe(2);
  });

  it('puts events that cannot be read aside with the reason, and logs the others', async () => {
    const { predictions, deadLetters, parts } = setUp();
    const good = eventOf(idAt(TEN));
    const bodies = [
      Buffer.from('{"broken":'),
      Buffer.from([0xff, 0xfe, 0x00]),
      bytesOf({ ...good, type: 'someone.else.v1' }),
      bytesOf({ ...good, id: '6ba7b810-9dad-41d1-80b4-00c04fd430c8' }),
      bytesOf({ ...good, data: { ...good.data, model: '../x' } }),
      bytesOf({ ...good, source: '/models/cards/versions/9' }),
      bytesOf({ ...good, data: { ...good.data, score: 'high' } }),
      bytesOf({ ...good, data: { ...good.data, promotionId: 'p/1' } }),
      bytesOf(shadowOf(idAt(TEN), { promotionId: 'p?1' })),
      bytesOf(shadowOf('6ba7b810-9dad-41d1-80b4-00c04fd430c8')),
      42,
      null,
      bytesOf(good),
    ];
    expect(await collect(parts, batchOf(bodies))).toEqual({ lines: 1, deadLetters: 12 });
    expect(linesIn(predictions.text('cards/2026/03/01/10/2.jsonl'))).toMatchObject([
      { sequenceNumber: 12, event: good },
    ]);
    const letters = bodies.slice(0, 12).map((_, i) => {
      const text = deadLetters.text(`predictions/2026/03/01/12/2-${i}-${ENQUEUED}.json`);
      return JSON.parse(text ?? 'null') as { reason: string };
    });
    expect(letters.map(({ reason }) => reason)).toEqual([
      expect.stringMatching(/^is not JSON/),
      'is not UTF-8',
      expect.stringContaining("type is 'someone.else.v1'"),
      expect.stringContaining('id: is not a UUIDv7'),
      expect.stringContaining('data.model: is not a model name'),
      expect.stringContaining('source: is not of the version'),
      expect.stringContaining('data.score'),
      'data.promotionId: is not a promotion id',
      'data.promotionId: is not a promotion id',
      expect.stringContaining('data.predictionId: is not a UUIDv7'),
      expect.stringContaining('type is no text'),
      expect.stringContaining('type is no text'),
    ]);
    expect(letters[0]).toMatchObject({
      hub: 'predictions',
      partition: '2',
      sequenceNumber: 0,
      body: '{"broken":',
    });
    expect(letters[1]).toMatchObject({ bodyBase64: Buffer.from([0xff, 0xfe, 0x00]).toString('base64') });
    expect(letters[10]).toMatchObject({ body: 42 });
  });

  it('writes a dead letter once, however often it is delivered, but another one after the hub was made again', async () => {
    const { deadLetters, parts } = setUp();
    const batch = batchOf(['x']);
    await collect(parts, batch);
    await collect(parts, batch);
    expect(deadLetters.blobs.size).toBe(1);
    await collect(parts, {
      ...batch,
      events: [{ body: 'y', sequenceNumber: 0, enqueuedTime: ENQUEUED + 1 }],
    });
    expect(deadLetters.blobs.size).toBe(2);
  });

  it.each(['predictions', 'deadLetters'] as const)(
    'fails while %s cannot be written, so that the batch is retried',
    async (which) => {
      const { predictions, deadLetters, parts } = setUp();
      const blobs = { predictions, deadLetters }[which];
      blobs.fault = () => 'before';
      const batch = batchOf([eventOf(idAt(TEN)), 'poison']);
      await expect(collect(parts, batch)).rejects.toThrow(Failure);
      blobs.fault = () => undefined;
      expect(await collect(parts, batch)).toEqual({ lines: 1, deadLetters: 1 });
      expect(linesIn(predictions.text('cards/2026/03/01/10/2.jsonl')).length).toBeGreaterThanOrEqual(1);
      expect(deadLetters.blobs.size).toBe(1);
    },
  );
});

describe('triggerBatch', () => {
  const metadata = {
    partitionContext: { fullyQualifiedNamespace: 'bank.servicebus.windows.net', partitionId: '3' },
    sequenceNumberArray: [5, 6],
    offsetArray: ['100', '200'],
    enqueuedTimeUtcArray: ['2026-03-01T12:00:00.007Z', '2026-03-01T12:00:01Z'],
    propertiesArray: [{}, {}],
    systemPropertiesArray: [{}, {}],
  };

  it('gives each event its place in the hub', () => {
    expect(triggerBatch('predictions', ['a', 'b'], metadata)).toEqual({
      hub: 'predictions',
      partition: '3',
      events: [
        { body: 'a', sequenceNumber: 5, enqueuedTime: ENQUEUED },
        { body: 'b', sequenceNumber: 6, enqueuedTime: ENQUEUED + 993 },
      ],
    });
  });

  it('refuses a batch whose events have no places', () => {
    expect(() => triggerBatch('predictions', ['a', 'b', 'c'], metadata)).toThrow(/fewer/);
    expect(() => triggerBatch('predictions', ['a'], { ...metadata, partitionContext: {} })).toThrow(
      /partitionId/,
    );
    expect(() => triggerBatch('predictions', 'a', metadata)).toThrow(/array/);
  });
});
