import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { PredictionLog, type LogOptions } from '../../../shared/events/prediction-log.ts';
import { blobSpill, type Spill } from '../../../shared/events/spill.ts';
import { sendBytes } from '../../../shared/events/ports.ts';
import { Failure } from '../../../shared/failure.ts';
import { MemoryBlobs } from '../../fixtures/memory-blobs.ts';
import { ScriptedSender } from '../../fixtures/scripted-sender.ts';

const NOW = Date.UTC(2026, 2, 1, 10, 30);

beforeEach(() => {
  vi.useFakeTimers({ now: NOW });
});
afterEach(() => {
  vi.useRealTimers();
});

function setUp(options: Partial<LogOptions> = {}, sender = new ScriptedSender()) {
  const blobs = new MemoryBlobs();
  let ids = 0;
  const spill: Spill = blobSpill(blobs, () => `spill-${(ids += 1)}`, Date.now);
  const reports: string[] = [];
  const report = (message: string) => void reports.push(message);
  const log = new PredictionLog({ mode: 'strict', sender, spill, report, now: Date.now, ...options });
  const spilled = () =>
    [...blobs.blobs.keys()].flatMap((path) => blobs.text(path)?.trimEnd().split('\n') ?? []);
  return { log, sender, blobs, reports, spilled };
}

/** Lets everything that is ready run, without moving the clock. */
const settle = () => vi.advanceTimersByTimeAsync(0);

describe('PredictionLog', () => {
  it('answers a caller only once the hub has acknowledged its events', async () => {
    const { log, sender } = setUp();
    sender.automatic = false;
    const answered = vi.fn<(outcome: string) => void>();
    const appended = log.append(['a', 'b']).then(answered);
    await settle();
    expect(sender.underWay.map(({ events }) => events)).toEqual([['a', 'b']]);
    expect(answered).not.toHaveBeenCalled();
    sender.underWay[0]?.end();
    await appended;
    expect(answered).toHaveBeenCalledWith('acknowledged');
  });

  it('has one send under way, and sends what came meanwhile together', async () => {
    const { log, sender } = setUp();
    sender.automatic = false;
    const appended = ['a', 'b', 'c', 'd'].map((event) => log.append([event]));
    await settle();
    expect(sender.underWay.map(({ events }) => events)).toEqual([['a']]);
    sender.underWay[0]?.end();
    await settle();
    expect(sender.underWay.map(({ events }) => events)).toEqual([['a'], ['b', 'c', 'd']]);
    sender.underWay[1]?.end();
    expect(await Promise.all(appended)).toEqual(Array(4).fill('acknowledged'));
  });

  it('waits for requests that have entered, until those that have appended are as many', async () => {
    const { log, sender } = setUp();
    const turns = [log.enter(), log.enter(), log.enter(), log.enter()];
    void turns[0]?.append(['a']);
    await settle();
    expect(sender.accepted).toEqual([]);
    void turns[1]?.append(['b']);
    await settle();
    expect(sender.accepted).toEqual([['a', 'b']]);
    turns[2]?.leave();
    turns[2]?.leave();
    await turns[3]?.append(['d']);
    expect(sender.accepted).toEqual([['a', 'b'], ['d']]);
  });

  it('does not wait long for a request that does not come', async () => {
    const { log, sender } = setUp();
    log.enter();
    log.enter();
    void log.enter().append(['a']);
    await vi.advanceTimersByTimeAsync(1);
    expect(sender.accepted).toEqual([]);
    await vi.advanceTimersByTimeAsync(1);
    expect(sender.accepted).toEqual([['a']]);
  });

  it('cuts the events of a large request into sends that the hub takes', async () => {
    const sender = new ScriptedSender(10_000);
    const { log } = setUp({}, sender);
    const events = Array.from({ length: 1_000 }, (_, i) => `${i}`.padEnd(700, 'x'));
    const one = log.append(events);
    const two = log.append(['y'.repeat(500)]);
    expect(await one).toBe('acknowledged');
    expect(await two).toBe('acknowledged');
    expect(sender.accepted.flat()).toEqual([...events, 'y'.repeat(500)]);
    for (const send of sender.accepted) {
      expect(send.reduce((sum, event) => sum + sendBytes(event), 0)).toBeLessThanOrEqual(10_000);
    }
    const each = Math.floor(10_000 / sendBytes(events[0] ?? ''));
    expect(sender.accepted).toHaveLength(Math.ceil(1_001 / each));
  });

  it('answers a request without events at once', async () => {
    const { log, sender } = setUp();
    expect(await log.append([])).toBe('acknowledged');
    expect(sender.accepted).toEqual([]);
  });

  it('keeps a batch whose outcome is unknown in one blob of the spill, and answers then', async () => {
    const { log, sender, blobs } = setUp();
    sender.automatic = false;
    const appended = [log.append(['{"a":1}']), log.append(['{"b":1}', '{"c":1}'])];
    await settle();
    sender.underWay[0]?.end(new Failure('unavailable', 'no answer within 1 s'));
    sender.automatic = true;
    expect(await Promise.all(appended)).toEqual(['spilled', 'spilled']);
    expect(blobs.text('2026/03/01/10/spill-1.jsonl')).toBe('{"a":1}\n');
    expect(blobs.text('2026/03/01/10/spill-2.jsonl')).toBe('{"b":1}\n{"c":1}\n');
  });

  it('does not try the hub again before a probe has found it, so that no other request waits for it', async () => {
    const { log, sender, spilled, reports } = setUp();
    sender.up = false;
    expect(await log.append(['a'])).toBe('spilled');
    sender.automatic = false;
    expect(await log.append(['b'])).toBe('spilled');
    expect(sender.underWay).toEqual([]);
    expect(log.hubAnswers).toBe(false);
    await vi.advanceTimersByTimeAsync(3_000);
    expect(sender.probes).toBeGreaterThanOrEqual(2);
    expect(spilled()).toEqual(['a', 'b']);
    expect(reports).toHaveLength(1);

    sender.up = true;
    sender.automatic = true;
    await vi.advanceTimersByTimeAsync(1_000);
    expect(log.hubAnswers).toBe(true);
    expect(await log.append(['c'])).toBe('acknowledged');
    expect(reports).toHaveLength(2);
  });

  it('finds out ahead of the first request whether the hub is there', async () => {
    const { log, sender, spilled } = setUp();
    sender.up = false;
    await Promise.all([log.warmUp(), log.warmUp()]);
    expect(sender.probes).toBe(1);
    const send = vi.spyOn(sender, 'send');
    expect(await log.append(['a'])).toBe('spilled');
    expect(send).not.toHaveBeenCalled();
    expect(spilled()).toEqual(['a']);
  });

  it('tries less and less often a hub that answers probes but takes no events', async () => {
    const { log, sender } = setUp();
    const send = vi.spyOn(sender, 'send').mockRejectedValue(new Failure('unavailable', 'quota'));
    for (let second = 0; second < 60; second += 1) {
      expect(await log.append(['a'])).toBe('spilled');
      await vi.advanceTimersByTimeAsync(1_000);
    }
    expect(send.mock.calls.length).toBeLessThan(9);
  });

  it('goes on sending after the hub has refused a batch for good', async () => {
    const { log, sender, spilled } = setUp();
    vi.spyOn(sender, 'send').mockRejectedValueOnce(new Failure('too-large', 'more than a send holds'));
    expect(await log.append(['a'])).toBe('spilled');
    expect(await log.append(['b'])).toBe('acknowledged');
    expect(spilled()).toEqual(['a']);
  });

  it('fails in strict while neither hub nor Blob can be reached, and recovers by itself', async () => {
    const { log, sender, blobs, reports } = setUp();
    sender.up = false;
    blobs.fault = () => 'before';
    await expect(log.append(['a'])).rejects.toMatchObject({ kind: 'unavailable', retryable: true });
    const writes = vi.spyOn(blobs, 'create');
    await expect(log.append(['b'])).rejects.toThrow(Failure);
    expect(writes).not.toHaveBeenCalled();
    expect(reports).toHaveLength(2);
    blobs.fault = () => undefined;
    await vi.advanceTimersByTimeAsync(250);
    expect(await log.append(['c'])).toBe('spilled');
  });

  it('sends what Blob does not take to a hub that is back before a probe has found it', async () => {
    const { log, sender, blobs, reports } = setUp();
    sender.up = false;
    expect(await log.append(['a'])).toBe('spilled');
    sender.up = true;
    blobs.fault = () => 'before';
    expect(await log.append(['b'])).toBe('acknowledged');
    expect(log.hubAnswers).toBe(true);
    expect(await log.append(['c'])).toBe('acknowledged');
    expect(sender.accepted).toEqual([['b'], ['c']]);
    expect(reports).toHaveLength(2);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(sender.probes).toBe(1);
  });

  it('sends it in parts where it is more than a send holds', async () => {
    const sender = new ScriptedSender(10_000);
    const { log, blobs } = setUp({}, sender);
    sender.up = false;
    expect(await log.append(['a'])).toBe('spilled');
    sender.up = true;
    blobs.fault = () => 'before';
    const events = Array.from({ length: 100 }, (_, i) => `${i}`.padEnd(700, 'x'));
    expect(await log.append(events)).toBe('acknowledged');
    expect(sender.accepted.flat()).toEqual(events);
    expect(sender.accepted.length).toBeGreaterThan(5);
  });

  it('asks Blob again at once after the hub was back for a moment', async () => {
    const { log, sender, blobs } = setUp({ mode: 'lenient' });
    sender.up = false;
    blobs.fault = () => 'before';
    expect(await log.append(['a'])).toBe('lost');
    await vi.advanceTimersByTimeAsync(260);
    expect(await log.append(['b'])).toBe('lost');
    sender.up = true;
    // A probe finds it, still within the time in which Blob is not asked.
    await vi.advanceTimersByTimeAsync(245);
    expect(await log.append(['c'])).toBe('acknowledged');
    sender.up = false;
    blobs.fault = () => undefined;
    expect(await log.append(['d'])).toBe('spilled');
  });

  it('does not send twice what a hub that answers probes has not acknowledged and Blob does not take', async () => {
    const { log, sender, blobs } = setUp();
    blobs.fault = () => 'before';
    const send = vi.spyOn(sender, 'send').mockRejectedValue(new Failure('unavailable', 'no answer'));
    await expect(log.append(['a'])).rejects.toThrow(Failure);
    expect(send).toHaveBeenCalledTimes(1);
  });

  it('tells callers in lenient that their events are lost', async () => {
    const { log, sender, blobs } = setUp({ mode: 'lenient' });
    sender.up = false;
    blobs.fault = () => 'before';
    expect(await log.append(['a'])).toBe('lost');
    sender.up = true;
    await vi.advanceTimersByTimeAsync(1_000);
    expect(await log.append(['a'])).toBe('acknowledged');
  });

  it.each([0, 1])('tells a caller the worst of what became of its events', async (refused) => {
    const { log, sender } = setUp({}, new ScriptedSender(sendBytes('a'.repeat(200))));
    sender.automatic = false;
    const appended = log.append(['a'.repeat(200), 'b'.repeat(200)]);
    for (const send of [0, 1]) {
      await settle();
      sender.underWay[send]?.end(send === refused ? new Failure('too-large', 'never') : undefined);
    }
    expect(await appended).toBe('spilled');
  });

  it.each(['events', 'bytes'] as const)('refuses at once what there is no room for (%s)', async (bound) => {
    const limits = { events: 3, bytes: 3 * sendBytes('a') };
    const { log, sender } = setUp({ limits: { events: 100, bytes: 100_000, [bound]: limits[bound] } });
    sender.automatic = false;
    const appended = [log.append(['a']), log.append(['a', 'a'])];
    await settle();
    await expect(log.append(['a'])).rejects.toMatchObject({ kind: 'unavailable' });
    for (const { end } of sender.underWay) end();
    await settle();
    sender.underWay[1]?.end();
    expect(await Promise.all(appended)).toEqual(['acknowledged', 'acknowledged']);
    sender.automatic = true;
    expect(await log.append(['a', 'a', 'a'])).toBe('acknowledged');
  });

  it('puts everything on record before it closes, also of requests that are still being scored', async () => {
    const { log, sender } = setUp();
    sender.automatic = false;
    const scoring = log.enter();
    const appended = log.append(['a']);
    const closed = log.close();
    await vi.advanceTimersByTimeAsync(5);
    sender.underWay[0]?.end();
    sender.automatic = true;
    await settle();
    expect(sender.closed).toBe(false);
    expect(await scoring.append(['b'])).toBe('acknowledged');
    await closed;
    expect(await appended).toBe('acknowledged');
    expect(sender.closed).toBe(true);
    await expect(log.append(['c'])).rejects.toMatchObject({ kind: 'unavailable' });
  });

  it('closes within 3 seconds, telling callers whose events are not on record', async () => {
    const { log, sender } = setUp();
    sender.automatic = false;
    void log.append(['a']);
    await settle();
    const waiting = expect(log.append(['b'])).rejects.toMatchObject({ kind: 'unavailable' });
    const closed = log.close();
    await vi.advanceTimersByTimeAsync(3_000);
    await closed;
    await waiting;
  });
});
