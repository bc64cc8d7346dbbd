import { describe, expect, it, vi } from 'vitest';
import type { PredictionEvent } from '../../../shared/events/event-schema.ts';
import { sendBytes } from '../../../shared/events/ports.ts';
import { shadowEvent } from '../../../shared/events/shadow-event.ts';
import { replaySpill } from '../../../shared/events/spill-replay.ts';
import { Failure } from '../../../shared/failure.ts';
import { MemoryBlobs } from '../../fixtures/memory-blobs.ts';
import { eventOf, idAt } from '../../fixtures/prediction-events.ts';
import { ScriptedSender } from '../../fixtures/scripted-sender.ts';

const TEN = Date.UTC(2026, 2, 1, 10);

function setUp(sender = new ScriptedSender()) {
  const spill = new MemoryBlobs();
  const deadLetters = new MemoryBlobs();
  return { spill, deadLetters, sender, parts: { spill, deadLetters, sender, now: Date.now } };
}

const fileOf = (events: readonly unknown[]) =>
  Buffer.from(events.map((one) => `${JSON.stringify(one)}\n`).join(''));
const acceptedBy = (sender: ScriptedSender) =>
  sender.accepted.flat().map((text) => JSON.parse(text) as PredictionEvent);
const replayed = (event: PredictionEvent) => ({ ...event, data: { ...event.data, replayed: true } });

describe('replaySpill', () => {
  it('sends every event again, marked, oldest blob first, and removes the blobs', async () => {
    const { spill, sender, parts } = setUp();
    const events = Array.from({ length: 100 }, (_, i) => eventOf(idAt(TEN + i)));
    for (let i = 49; i >= 0; i -= 1) {
      await spill.create(
        `2026/03/01/10/${String(i).padStart(4, '0')}.jsonl`,
        fileOf(events.slice(2 * i, 2 * i + 2)),
      );
    }
    expect(await replaySpill(parts, 10_000)).toEqual({ blobs: 50, events: 100, deadLetters: 0 });
    expect(acceptedBy(sender)).toEqual(events.map(replayed));
    expect(sender.accepted.length).toBeLessThan(10);
    expect(spill.blobs.size).toBe(0);
    expect(await replaySpill(parts, 10_000)).toEqual({ blobs: 0, events: 0, deadLetters: 0 });
  });

  it('sends the results of a shadow again too, marked', async () => {
    const { spill, sender, parts } = setUp();
    const facts = {
      id: idAt(TEN + 1),
      predictionId: idAt(TEN),
      model: 'cards',
      promotionId: 'promotion-1',
      step: 1,
      accountHash: 7,
      served: 'champion',
      champion: { version: '1', score: 0.5, decision: 'review' },
      candidate: { version: '2', error: 'no' },
    } as const;
    const event: PredictionEvent = JSON.parse(shadowEvent(facts));
    await spill.create('2026/03/01/10/a.jsonl', fileOf([event]));
    expect(await replaySpill(parts, 10_000)).toEqual({ blobs: 1, events: 1, deadLetters: 0 });
    expect(acceptedBy(sender)).toEqual([replayed(event)]);
  });

  it('sends no more at once than the hub takes', async () => {
    const { spill, sender, parts } = setUp(new ScriptedSender(5_000));
    const events = Array.from({ length: 50 }, (_, i) => eventOf(idAt(TEN + i)));
    await spill.create('2026/03/01/10/a.jsonl', fileOf(events));
    await replaySpill(parts, 10_000);
    expect(acceptedBy(sender)).toEqual(events.map(replayed));
  });

  it('keeps what the hub did not acknowledge, and sends it the next time', async () => {
    const { spill, sender, parts } = setUp();
    const event = eventOf(idAt(TEN));
    await spill.create('2026/03/01/10/a.jsonl', fileOf([event]));
    sender.up = false;
    await expect(replaySpill(parts, 10_000)).rejects.toThrow(Failure);
    expect(spill.blobs.size).toBe(1);
    sender.up = true;
    await replaySpill(parts, 10_000);
    expect(acceptedBy(sender)).toEqual([replayed(event)]);
    expect(spill.blobs.size).toBe(0);
  });

  it('begins no further blobs when its time is up', async () => {
    const { spill, parts } = setUp();
    for (let i = 0; i < 40; i += 1) {
      await spill.create(`2026/03/01/10/${String(i).padStart(2, '0')}.jsonl`, fileOf([eventOf(idAt(TEN))]));
    }
    const now = vi.fn<() => number>().mockReturnValueOnce(0).mockReturnValue(100);
    expect(await replaySpill({ ...parts, now }, 50)).toMatchObject({ blobs: 16 });
    expect(spill.blobs.size).toBe(24);
  });

  it('puts lines that are no events aside with the reason, and sends the others', async () => {
    const { spill, sender, deadLetters, parts } = setUp();
    const good = eventOf(idAt(TEN));
    const lines = ['{"torn', JSON.stringify(good), JSON.stringify({ ...good, id: 'x' })];
    await spill.create('2026/03/01/10/a.jsonl', Buffer.from(lines.join('\n')));
    expect(await replaySpill(parts, 10_000)).toEqual({ blobs: 1, events: 1, deadLetters: 2 });
    expect(acceptedBy(sender)).toEqual([replayed(good)]);
    expect(spill.blobs.size).toBe(0);
    const letter = JSON.parse(
      deadLetters.text('predictions-spill/2026/03/01/10/a.jsonl.json') ?? '',
    ) as unknown;
    expect(letter).toMatchObject({
      spill: '2026/03/01/10/a.jsonl',
      lines: [
        { body: lines[0], reason: expect.stringContaining('JSON') as string },
        { body: lines[2], reason: expect.stringContaining('id') as string },
      ],
    });
  });

  it('puts aside, of many events, the one that the hub will never take', async () => {
    const { spill, sender, deadLetters, parts } = setUp();
    const events = Array.from({ length: 9 }, (_, i) => eventOf(idAt(TEN + i)));
    const refused = events[5]?.id ?? '';
    const send = sender.send.bind(sender);
    vi.spyOn(sender, 'send').mockImplementation(async (texts) => {
      if (texts.some((text) => text.includes(refused)))
        throw new Failure('too-large', 'more than a send holds');
      await send(texts);
    });
    await spill.create('2026/03/01/10/a.jsonl', fileOf(events));
    expect(await replaySpill(parts, 10_000)).toEqual({ blobs: 1, events: 8, deadLetters: 1 });
    expect(acceptedBy(sender).map(({ id }) => id)).toEqual(
      events.map(({ id }) => id).filter((id) => id !== refused),
    );
    expect(deadLetters.text('predictions-spill/2026/03/01/10/a.jsonl.json')).toContain(refused);
    expect(spill.blobs.size).toBe(0);
  });

  it('leaves out the inputs of an event that the mark makes too large', async () => {
    const event = eventOf(idAt(TEN), 'cards', { note: 'n'.repeat(1_000) });
    const { spill, sender, parts } = setUp(new ScriptedSender(sendBytes(JSON.stringify(event))));
    await spill.create('2026/03/01/10/a.jsonl', fileOf([event]));
    await replaySpill(parts, 10_000);
    expect(acceptedBy(sender)).toMatchObject([
      { id: event.id, data: { replayed: true, truncated: true, inputs: {}, score: 0.25 } },
    ]);
  });
});
