import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Failure } from '../../../shared/failure.ts';
import type { MinuteRow } from '../../../shared/rollups/minute-row.ts';
import type { Countable } from '../../../shared/rollups/ports.ts';
import { RollupWriter } from '../../../shared/rollups/rollup-writer.ts';
import { MemoryRollups } from '../../fixtures/memory-rollups.ts';
import { MINUTE, prediction, shadow, TEN } from './countables.ts';

const PARTITIONS = 2;

type Fault = 'none' | 'before' | 'after';
type Step =
  | { readonly do: 'send'; readonly partition: number; readonly minutes: readonly number[] }
  | {
      readonly do: 'deliver';
      readonly partition: number;
      readonly worker: number;
      readonly from: number;
      readonly most: number;
      readonly fault: Fault;
      readonly atWrite: number;
    }
  | { readonly do: 'both at once'; readonly partition: number; readonly back: readonly [number, number] }
  | { readonly do: 'restart'; readonly worker: number }
  | {
      readonly do: 'an old batch again';
      readonly partition: number;
      readonly from: number;
      readonly most: number;
    }
  | { readonly do: 'recreate the hub' };

const partition = fc.nat(PARTITIONS - 1);
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('send' as const),
      partition,
      minutes: fc.array(fc.nat(2), { minLength: 1, maxLength: 6 }),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('deliver' as const),
      partition,
      worker: fc.nat(1),
      from: fc.nat(8),
      most: fc.integer({ min: 1, max: 10 }),
      fault: fc.constantFrom<Fault>('none', 'none', 'before', 'after'),
      atWrite: fc.nat(5),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('both at once' as const),
      partition,
      back: fc.tuple(fc.nat(8), fc.nat(8)),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('restart' as const), worker: fc.nat(1) }) },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('an old batch again' as const),
      partition,
      from: fc.nat(5),
      most: fc.integer({ min: 1, max: 10 }),
    }),
  },
  { weight: 1, arbitrary: fc.constant({ do: 'recreate the hub' as const }) },
);

/** A hub, two workers that may both think a partition is theirs, and the rows. */
class World {
  readonly rows = new MemoryRollups();
  sent = 0;
  #workers = [new RollupWriter(this.rows), new RollupWriter(this.rows)];
  #hub = newHub();
  /** Of the hubs that were there before. */
  readonly #old: Countable[][] = newHub().map(() => []);
  #clock = TEN;

  async run(one: Step): Promise<void> {
    switch (one.do) {
      case 'send': {
        const { events } = this.#partition(one.partition);
        for (const minute of one.minutes) {
          const at = TEN + minute * MINUTE;
          // A broker's clock may go back a little, but no further than to the hub's beginning.
          const enqueuedTime = this.#clock + (events.length === 0 ? 0 : (minute % 2) * -3);
          this.#clock += 2;
          const {
            sequenceNumber: _number,
            enqueuedTime: _time,
            ...event
          } = this.sent % 4 === 3 ? shadow({}, at) : prediction({}, at);
          events.push({ ...event, sequenceNumber: events.length, enqueuedTime });
          this.sent += 1;
        }
        return;
      }
      case 'deliver': {
        let writes = 0;
        this.rows.fault = (call) =>
          call !== 'read' && one.fault !== 'none' && (writes += 1) > one.atWrite ? one.fault : undefined;
        await this.#deliver(one.worker, one.partition, one.from, one.most);
        this.rows.fault = () => undefined;
        return;
      }
      case 'both at once':
        await Promise.all(one.back.map((back, worker) => this.#deliver(worker, one.partition, back, 20)));
        return;
      case 'restart':
        this.#workers[one.worker] = new RollupWriter(this.rows);
        return;
      case 'an old batch again':
        await this.#workers[1]?.count(
          `${one.partition}`,
          this.#old[one.partition]?.slice(one.from, one.from + one.most) ?? [],
        );
        return;
      case 'recreate the hub':
        // What was not collected would be gone with it.
        await this.comeToRest();
        this.#hub.forEach(({ events }, index) => this.#old[index]?.splice(0, Infinity, ...events));
        this.#hub = newHub();
        this.#clock += 1_000;
    }
  }

  async comeToRest(): Promise<void> {
    for (let index = 0; index < PARTITIONS; index += 1) await this.#deliver(0, index, 0, Infinity);
  }

  /** Delivers from the checkpoint, or from `back` before it, and moves it if that went well. */
  async #deliver(worker: number, index: number, back: number, most: number): Promise<void> {
    const from = this.#partition(index);
    const first = Math.max(0, from.checkpoint - back);
    const batch = from.events.slice(first, first + most);
    try {
      await this.#workers[worker]?.count(`${index}`, batch);
      from.checkpoint = Math.max(from.checkpoint, first + batch.length);
    } catch (error) {
      if (!(error instanceof Failure && error.retryable)) throw error;
    }
  }

  #partition(index: number) {
    const found = this.#hub[index];
    if (found === undefined) throw new Error(`There is no partition ${index}`);
    return found;
  }
}

function newHub(): { events: Countable[]; checkpoint: number }[] {
  return Array.from({ length: PARTITIONS }, () => ({ events: [], checkpoint: 0 }));
}

function totalOf(row: MinuteRow): number {
  const { counts } = row.kind === 'requests' ? row : { counts: row.served };
  return Object.values(counts).reduce((sum, count) => sum + count, 0);
}

describe('every event', () => {
  it('counts exactly once, whatever is delivered again, crashes, overlaps or is made again', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
        const world = new World();
        for (const one of steps) await world.run(one);
        await world.comeToRest();
        const rows = world.rows.all();
        expect(rows.reduce((sum, row) => sum + totalOf(row), 0)).toBe(world.sent);
        for (const row of rows) {
          const scored =
            row.kind === 'requests' ? Object.values(row.scores) : Object.values(row.scores.candidate);
          expect(scored.reduce((sum, count) => sum + count, 0)).toBe(totalOf(row));
        }
      }),
      { numRuns: 1_000 },
    );
  });
});
