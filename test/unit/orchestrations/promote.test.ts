import * as df from 'durable-functions';
import { beforeEach, describe, expect, it } from 'vitest';
import { promote } from '../../../orchestrations/promote.ts';

const INPUT = { model: 'cards', promotionId: 'p1' };
const NOW = new Date('2026-03-01T10:00:00Z');

class Timer implements df.TimerTask {
  isCompleted = false;
  isFaulted = false;
  isCanceled = false;
  readonly fireAt: Date;
  constructor(fireAt: Date) {
    this.fireAt = fireAt;
  }
  cancel = (): void => {
    this.isCanceled = true;
  };
}

/** An orchestration whose tasks a test completes. */
class Driven {
  readonly timers: Timer[] = [];
  readonly waits: string[] = [];
  readonly activities: string[] = [];
  readonly statuses: unknown[] = [];
  continuedWith: unknown;
  readonly #run: ReturnType<typeof promote>;

  constructor() {
    const context = new df.DummyOrchestrationContext('promote', '1', () => undefined);
    const task = (): df.Task => ({ isCompleted: false, isFaulted: false });
    const members = {
      currentUtcDateTime: NOW,
      getInput: () => INPUT,
      callActivityWithRetry: (name: string, _retry: unknown, input: unknown) => {
        this.activities.push(`${name} ${JSON.stringify(input)}`);
        return task();
      },
      createTimer: (at: Date) => {
        const timer = new Timer(at);
        this.timers.push(timer);
        return timer;
      },
      waitForExternalEvent: (name: string) => {
        this.waits.push(name);
        return task();
      },
      setCustomStatus: (status: unknown) => this.statuses.push(status),
      continueAsNew: (input: unknown) => {
        this.continuedWith = input;
      },
      Task: { any: task, all: task },
    };
    Object.assign(context, { df: members });
    this.#run = promote(context);
    this.#run.next();
  }

  /** What a check has found; it then waits for the timer or the event. */
  checked(result: unknown) {
    return this.#run.next(result);
  }

  failed(error: Error) {
    return this.#run.throw(error);
  }

  wake() {
    return this.#run.next();
  }

  fire() {
    const timer = this.timers.at(-1);
    if (timer !== undefined) timer.isCompleted = true;
    return this.#run.next();
  }
}

const going = {
  done: false,
  afterMs: 60_000,
  status: { phase: 'canary', step: 1, percent: 5, verdict: 'inconclusive' },
};

let driven: Driven;
beforeEach(() => {
  driven = new Driven();
});

describe('the orchestration of a promotion', () => {
  it('looks again when its time has come', () => {
    driven.checked(going);
    expect(driven.timers[0]?.fireAt).toEqual(new Date(NOW.getTime() + 60_000));
    expect(driven.statuses).toEqual([going.status]);
    driven.fire();
    expect(driven.activities).toEqual(Array(2).fill(`promotionCheck ${JSON.stringify(INPUT)}`));
    expect(driven.timers[0]?.isCanceled).toBe(false);
  });

  it('looks at once when it is woken, and leaves no timer behind', () => {
    driven.checked(going);
    expect(driven.waits).toEqual(['wake']);
    driven.wake();
    expect(driven.timers[0]?.isCanceled).toBe(true);
    expect(driven.activities).toHaveLength(2);
    driven.checked(going);
    expect(driven.timers).toHaveLength(2);
    expect(driven.waits).toHaveLength(2);
  });

  it('goes on after a check that failed', () => {
    expect(driven.failed(new Error('Cosmos DB is down'))).toMatchObject({ done: false });
    expect(driven.timers[0]?.fireAt).toEqual(new Date(NOW.getTime() + 10_000));
    driven.fire();
    expect(driven.activities).toHaveLength(2);
  });

  it('ends when there is nothing left to do', () => {
    const status = { phase: 'aborted', step: 1, percent: 0 };
    expect(driven.checked({ done: true, afterMs: 0, status })).toEqual({ done: true, value: status });
    expect(new Driven().checked({ done: true, afterMs: 0, status: null })).toMatchObject({ done: true });
    expect(driven.continuedWith).toBeUndefined();
  });

  it('continues as new after 200 checks, failed ones among them', () => {
    for (let check = 1; check < 200; check += 1) {
      if (check % 3 === 0) driven.failed(new Error('down'));
      else driven.checked(going);
      expect(driven.fire()).toMatchObject({ done: false });
    }
    driven.checked(going);
    expect(driven.continuedWith).toBeUndefined();
    expect(driven.fire()).toMatchObject({ done: true });
    expect(driven.continuedWith).toEqual(INPUT);
    expect(driven.activities).toHaveLength(200);
  });
});
