import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AppendLog } from '../../../shared/events/append-log.ts';
import { collect } from '../../../shared/events/collect.ts';
import { readRange } from '../../../shared/events/log-reader.ts';
import { type EventSender, sendBytes } from '../../../shared/events/ports.ts';
import { PredictionLog } from '../../../shared/events/prediction-log.ts';
import { timeOf } from '../../../shared/events/prediction-id.ts';
import { blobSpill } from '../../../shared/events/spill.ts';
import { replaySpill } from '../../../shared/events/spill-replay.ts';
import { Failure } from '../../../shared/failure.ts';
import { MemoryBlobs } from '../../fixtures/memory-blobs.ts';
import { eventOf, idAt } from '../../fixtures/prediction-events.ts';

const TEN = Date.UTC(2026, 2, 1, 10);
const HOUR = 3_600_000;
const MODELS = ['cards', 'loans'] as const;
const PARTITIONS = 2;

type Outcome = 'works' | 'down' | 'unknown';

/** A hub as Event Hubs is: at least once, sequence numbers per partition, which restart when it is made again. */
class MemoryHub implements EventSender {
  readonly maxBytes = 2_500;
  outcome: Outcome = 'works';
  partitions = emptyPartitions();
  #sends = 0;
  #clock = TEN;

  send(events: readonly string[]): Promise<void> {
    const size = events.reduce((sum, event) => sum + sendBytes(event), 0);
    if (size > this.maxBytes) return Promise.reject(new Error('more than a send holds'));
    if (this.outcome === 'down') return Promise.reject(new Failure('unavailable', 'refused'));
    const partition = this.partitions[(this.#sends += 1) % PARTITIONS];
    for (const event of events)
      partition?.events.push({ body: Buffer.from(event), enqueuedTime: (this.#clock += 1) });
    return this.outcome === 'unknown'
      ? Promise.reject(new Failure('unavailable', 'timed out'))
      : Promise.resolve();
  }

  probe(): Promise<void> {
    return Promise.resolve();
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}

function emptyPartitions(): { events: { body: Buffer; enqueuedTime: number }[]; checkpoint: number }[] {
  return Array.from({ length: PARTITIONS }, () => ({ events: [], checkpoint: 0 }));
}

type Command =
  | { readonly do: 'send'; readonly events: number; readonly hub: Outcome; readonly blob: Outcome }
  | { readonly do: 'duplicate'; readonly which: number }
  | {
      readonly do: 'collect';
      readonly partition: number;
      readonly most: number;
      readonly end: 'done' | 'before append' | 'after append';
    }
  | { readonly do: 'redeliver'; readonly partition: number; readonly back: number }
  | { readonly do: 'replay'; readonly hub: Outcome; readonly removal: Outcome }
  | { readonly do: 'restart the collector' }
  | { readonly do: 'recreate the hub' };

const partition = fc.nat(PARTITIONS - 1);
const outcome = fc.constantFrom<Outcome>('works', 'works', 'down', 'unknown');
const command: fc.Arbitrary<Command> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('send'),
      events: fc.integer({ min: 1, max: 6 }),
      hub: outcome,
      blob: outcome,
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('duplicate'), which: fc.nat(50) }) },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('collect'),
      partition,
      most: fc.integer({ min: 1, max: 8 }),
      end: fc.constantFrom('done', 'done', 'before append', 'after append'),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constant('redeliver'), partition, back: fc.integer({ min: 1, max: 10 }) }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('replay'), hub: outcome, removal: outcome }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('restart the collector') }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('recreate the hub') }) },
);

/** The app's log, the hub, the collector and Blob, in memory. */
class World {
  readonly hub = new MemoryHub();
  readonly spill = new MemoryBlobs();
  readonly predictions = new MemoryBlobs();
  readonly deadLetters = new MemoryBlobs();
  readonly sent: string[] = [];
  readonly answered = new Set<string>();
  #appendLog = new AppendLog(this.predictions, 3);
  #ids = 0;

  async run(step: Command): Promise<void> {
    switch (step.do) {
      case 'send':
        return this.#send(step.events, step.hub, step.blob);
      case 'duplicate': {
        const event = this.sent[step.which % Math.max(1, this.sent.length)];
        return event === undefined ? undefined : this.hub.send([event]);
      }
      case 'collect':
        return this.#collect(step.partition, step.most, step.end);
      case 'redeliver': {
        const from = this.hub.partitions[step.partition];
        if (from !== undefined) from.checkpoint = Math.max(0, from.checkpoint - step.back);
        return;
      }
      case 'replay':
        this.hub.outcome = step.hub;
        this.spill.fault = (call) => (call === 'remove' ? FAULT[step.removal] : undefined);
        await replaySpill(this.#replayParts(), 10_000).catch(expectUnavailable);
        return this.#allWell();
      case 'restart the collector':
        this.#appendLog = new AppendLog(this.predictions, 3);
        return;
      case 'recreate the hub':
        // What was not collected would be gone with the hub: one that still holds events is not made again.
        await this.collectAll();
        this.hub.partitions = emptyPartitions();
    }
  }

  /** Ends all faults and lets everything that is on its way arrive. */
  async comeToRest(): Promise<void> {
    this.#allWell();
    await replaySpill(this.#replayParts(), 10_000);
    await this.collectAll();
  }

  async collectAll(): Promise<void> {
    for (let number = 0; number < PARTITIONS; number += 1)
      await this.#collect(number, Number.POSITIVE_INFINITY, 'done');
  }

  async #send(count: number, hub: Outcome, blob: Outcome): Promise<void> {
    const ids = Array.from({ length: count }, (_, i) => idAt(TEN + (i % 2) * HOUR));
    const events = ids.map((id, i) => JSON.stringify(eventOf(id, MODELS[i % 3 === 0 ? 1 : 0])));
    this.sent.push(...events);
    this.hub.outcome = hub;
    this.spill.fault = () => FAULT[blob];
    const spill = blobSpill(
      this.spill,
      () => `${(this.#ids += 1)}`,
      () => TEN,
    );
    const log = new PredictionLog({
      mode: 'strict',
      sender: this.hub,
      spill,
      report: () => undefined,
      now: () => 0,
    });
    await log.append(events).then(() => ids.forEach((id) => this.answered.add(id)), expectUnavailable);
    await log.close();
    this.#allWell();
  }

  async #collect(
    number: number,
    most: number,
    end: 'done' | 'before append' | 'after append',
  ): Promise<void> {
    const from = this.hub.partitions[number];
    if (from === undefined) return;
    const next = Math.min(from.events.length, from.checkpoint + most);
    const events = from.events
      .slice(from.checkpoint, next)
      .map((event, i) => ({ ...event, sequenceNumber: (from?.checkpoint ?? 0) + i }));
    this.predictions.fault = (call) => (call !== 'append' || end === 'done' ? undefined : FAULT[end]);
    const parts = {
      logs: { predictions: this.#appendLog, shadows: this.#appendLog },
      counter: { count: () => Promise.resolve() },
      deadLetters: this.deadLetters,
    };
    const collected = await collect(parts, { hub: 'predictions', partition: `${number}`, events }).then(
      () => true,
      (error: unknown) => {
        expectUnavailable(error);
        return false;
      },
    );
    if (collected) from.checkpoint = next;
    this.#allWell();
  }

  #replayParts() {
    return { spill: this.spill, deadLetters: this.deadLetters, sender: this.hub, now: () => 0 };
  }

  #allWell(): void {
    this.hub.outcome = 'works';
    this.spill.fault = () => undefined;
    this.predictions.fault = () => undefined;
  }
}

const FAULT = {
  works: undefined,
  down: 'before',
  unknown: 'after',
  'before append': 'before',
  'after append': 'after',
} as const;

function expectUnavailable(error: unknown): void {
  expect(error).toMatchObject({ name: 'Failure', kind: 'unavailable' });
}

describe('the log, from the caller to the reader', () => {
  it('has each answered prediction exactly once, whatever fails and in whatever order', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(command, { maxLength: 40 }), async (commands) => {
        const world = new World();
        for (const step of commands) await world.run(step);
        await world.comeToRest();

        const found: string[] = [];
        for (const model of MODELS) {
          for await (const { event } of readRange(world.predictions, model, TEN, TEN + 2 * HOUR)) {
            expect(event.data.model).toBe(model);
            expect(timeOf(event.id)).toBeGreaterThanOrEqual(TEN);
            found.push(event.id);
          }
        }
        expect(new Set(found).size).toBe(found.length);
        // A prediction whose caller was told 503 may be on record too.
        const sent = new Set(world.sent.map((event) => (JSON.parse(event) as { id: string }).id));
        expect(world.answered.difference(new Set(found))).toEqual(new Set());
        expect(new Set(found).difference(sent)).toEqual(new Set());
        expect(world.spill.blobs.size).toBe(0);
        expect(world.deadLetters.blobs.size).toBe(0);
      }),
      { numRuns: 1_000 },
    );
  });
});
