import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Coordination } from '../../../../local/host/coordination.ts';
import type { HeldSingleton } from '../../../../local/host/singleton.ts';
import { TimerDriver } from '../../../../local/host/timer-driver.ts';
import type { TimerStatus } from '../../../../local/host/timer-status.ts';
import type { HostServices, IndexedFunction } from '../../../../local/host/trigger-driver.ts';

const second = 1_000;
const minute = 60 * second;

/** A right whose holder may die, or lose it without knowing yet. */
class Right {
  #holder: object | undefined;
  inDoubt = false;

  tryAcquire(): HeldSingleton | undefined {
    if (this.#holder !== undefined) return undefined;
    const holder = {};
    this.#holder = holder;
    const lost = new AbortController();
    this.take = () => {
      this.#holder = undefined;
      lost.abort(new Error('taken'));
    };
    return {
      isHeld: () => this.#holder === holder && !this.inDoubt,
      lost: lost.signal,
      release: async () => {
        if (this.#holder === holder) this.#holder = undefined;
        await Promise.resolve();
      },
    };
  }

  take: () => void = () => undefined;

  /** The holder's lease runs out, as if its process were dead. */
  expire(): void {
    this.#holder = undefined;
  }
}

/** What the storage account is to real hosts. */
class Shared implements Coordination {
  readonly right = new Right();
  reachable = true;
  status: TimerStatus | undefined;

  readonly singletons = {
    tryAcquire: async () => {
      await Promise.resolve();
      if (!this.reachable) throw new Error('out of reach');
      return this.right.tryAcquire();
    },
  };
  readonly timerStatuses = {
    read: async () => Promise.resolve(this.status),
    write: async (_name: string, status: TimerStatus) => {
      this.status = status;
      await Promise.resolve();
    },
  };
}

interface Run {
  readonly host: string;
  /** Time of day. */
  readonly at: string;
  readonly isPastDue: boolean;
}

/** Hosts that share the timer `sample`. */
class Fleet {
  readonly shared = new Shared();
  readonly runs: Run[] = [];
  readonly warnings: string[] = [];
  /** How long a run takes. */
  duration = 0;
  readonly #drivers: TimerDriver[] = [];

  async start(host: string, schedule: string): Promise<TimerDriver> {
    const services = {
      log: {
        system: (level: string, _name: string, _id: undefined, text: string) => {
          if (level === 'warning') this.warnings.push(`${host}: ${text}`);
        },
      },
      invoke: async (_target: unknown, { data }: { data: { json: string } }) => {
        const { IsPastDue: isPastDue } = JSON.parse(data.json);
        this.runs.push({ host, at: new Date(Date.now()).toISOString().slice(11, 19), isPastDue });
        await new Promise((resolve) => {
          setTimeout(resolve, this.duration);
        });
      },
    } as unknown as HostServices;
    const driver = new TimerDriver(services, async () => Promise.resolve(this.shared), Date.now);
    const trigger = { type: 'timerTrigger', direction: 'in', name: 'timer', schedule };
    driver.add({ name: 'sample', trigger, disabled: false } as unknown as IndexedFunction);
    this.#drivers.push(driver);
    await driver.start();
    return driver;
  }

  async stop(): Promise<void> {
    const stopped = Promise.all(this.#drivers.map(async (driver) => driver.stop()));
    await vi.advanceTimersByTimeAsync(this.duration + 1);
    await stopped;
  }
}

describe('timers of several hosts', () => {
  let fleet: Fleet;
  beforeEach(() => {
    vi.useFakeTimers({ now: Date.parse('2026-01-01T08:59:00Z') });
    fleet = new Fleet();
  });
  afterEach(async () => {
    await fleet.stop();
    vi.useRealTimers();
  });
  const hourly = '0 0 * * * *';

  it('run each occurrence in one of them', async () => {
    for (const host of ['a', 'b', 'c']) await fleet.start(host, hourly);
    await vi.advanceTimersByTimeAsync(122 * minute);
    expect(fleet.runs).toEqual([
      { host: 'a', at: '09:00:00', isPastDue: false },
      { host: 'a', at: '10:00:00', isPastDue: false },
      { host: 'a', at: '11:00:00', isPastDue: false },
    ]);
  });

  it('go on in another one, at once when their host stops, without an occurrence skipped or run twice', async () => {
    const first = await fleet.start('a', hourly);
    await fleet.start('b', hourly);
    await vi.advanceTimersByTimeAsync(2 * minute);
    await first.stop();
    await vi.advanceTimersByTimeAsync(60 * minute);
    expect(fleet.runs).toEqual([
      { host: 'a', at: '09:00:00', isPastDue: false },
      { host: 'b', at: '10:00:00', isPastDue: false },
    ]);
  });

  it('repeat a run that their host did not finish, though it was their first', async () => {
    fleet.duration = 10 * minute;
    await fleet.start('a', hourly);
    await fleet.start('b', hourly);
    await vi.advanceTimersByTimeAsync(minute + second);
    fleet.shared.right.expire();
    await vi.advanceTimersByTimeAsync(6 * second);
    expect(fleet.runs).toEqual([
      { host: 'a', at: '09:00:00', isPastDue: false },
      { host: 'b', at: expect.stringMatching(/^09:00:0[1-6]$/), isPastDue: true },
    ]);
  });

  it('leave the record to the host that has taken over, and do not run beside it', async () => {
    fleet.duration = 2 * minute;
    await fleet.start('a', hourly);
    await fleet.start('b', hourly);
    await vi.advanceTimersByTimeAsync(minute + second);
    fleet.shared.right.expire();
    await vi.advanceTimersByTimeAsync(5 * minute);
    const { status } = fleet.shared;
    expect(status?.last).toBeGreaterThan(Date.parse('2026-01-01T09:00:00Z'));
    expect(status?.next).toBe(Date.parse('2026-01-01T10:00:00Z'));
    await vi.advanceTimersByTimeAsync(60 * minute);
    expect(fleet.runs.map(({ host }) => host)).toEqual(['a', 'b', 'b']);
  });

  it('never overlap in a host that loses the right and gets it back', async () => {
    fleet.duration = 90 * second;
    await fleet.start('a', '0 * * * * *');
    await vi.advanceTimersByTimeAsync(minute + second);
    fleet.shared.right.take();
    await vi.advanceTimersByTimeAsync(30 * second);
    expect(fleet.runs).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(2 * minute);
    const starts = fleet.runs.map(({ at }) => Date.parse(`2026-01-01T${at}Z`));
    expect(starts.length).toBeGreaterThan(1);
    for (const [index, start] of starts.slice(1).entries()) {
      expect(start - (starts[index] ?? 0)).toBeGreaterThanOrEqual(90 * second);
    }
  });

  it('do not run while the right is in doubt, and run as soon as it is not', async () => {
    await fleet.start('a', hourly);
    fleet.shared.right.inDoubt = true;
    await vi.advanceTimersByTimeAsync(2 * minute);
    expect(fleet.runs).toEqual([]);
    fleet.shared.right.inDoubt = false;
    await vi.advanceTimersByTimeAsync(second);
    expect(fleet.runs).toMatchObject([{ host: 'a', at: '09:01:01' }]);
  });

  it('wait, with one warning, while it cannot be known who is to run them', async () => {
    fleet.shared.reachable = false;
    await fleet.start('a', hourly);
    await vi.advanceTimersByTimeAsync(2 * minute);
    expect(fleet.runs).toEqual([]);
    expect(fleet.warnings).toEqual([expect.stringContaining('a: It waits')]);
    fleet.shared.reachable = true;
    await vi.advanceTimersByTimeAsync(60 * minute);
    expect(fleet.runs).toEqual([{ host: 'a', at: '10:00:00', isPastDue: false }]);
  });
});
