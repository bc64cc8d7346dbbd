import { z } from 'zod';
import { isFrequent, parseSchedule, type Schedule } from './cron.ts';
import { withRetries } from './retry.ts';
import { statusAfterRun, statusAtStart, TimerStatusStore, type TimerStatus } from './timer-status.ts';
import type { HostServices, IndexedFunction, TriggerDriver } from './trigger-driver.ts';

/** Long waits are cut up: setTimeout ends at 24.8 days, and the clock may be set or the machine sleep meanwhile. */
const longestWait = 60_000;

const timerTrigger = z.looseObject({
  schedule: z.string(),
  runOnStartup: z.boolean().default(false),
  useMonitor: z.boolean().default(true),
});

interface Timer {
  readonly target: IndexedFunction;
  readonly schedule: Schedule;
  readonly runOnStartup: boolean;
  /** Whether its status outlives the host. */
  readonly monitored: boolean;
  status: TimerStatus | undefined;
  wait: NodeJS.Timeout | undefined;
  running: Promise<void> | undefined;
}

/** Runs timer-triggered functions on their schedules. One timer never overlaps itself. */
export class TimerDriver implements TriggerDriver {
  readonly triggers = ['timertrigger'];
  readonly #services: HostServices;
  readonly #store: TimerStatusStore;
  readonly #now: () => number;
  readonly #timers: Timer[] = [];
  readonly #stopping = new AbortController();

  constructor(services: HostServices, now: () => number) {
    this.#services = services;
    this.#store = new TimerStatusStore(services.stateDirectory);
    this.#now = now;
  }

  add(target: IndexedFunction): string {
    const { schedule: expression, runOnStartup, useMonitor } = timerTrigger.parse(target.trigger);
    const schedule = parseSchedule(expression);
    const monitored = useMonitor && !isFrequent(schedule, this.#now());
    this.#timers.push({
      target,
      schedule,
      runOnStartup,
      monitored,
      status: undefined,
      wait: undefined,
      running: undefined,
    });
    return `timer ${expression} (UTC)`;
  }

  async start(): Promise<void> {
    await Promise.all(
      this.#timers
        .filter(({ target }) => !target.disabled)
        .map(async (timer) => {
          await this.#startTimer(timer);
        }),
    );
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    for (const timer of this.#timers) clearTimeout(timer.wait);
    await Promise.all(this.#timers.map(async ({ running }) => running));
  }

  async #startTimer(timer: Timer): Promise<void> {
    const { target, schedule, monitored, runOnStartup } = timer;
    const recorded = monitored ? await this.#store.read(target.name) : undefined;
    const found = statusAtStart(recorded, schedule, this.#now());
    if (found === undefined) {
      this.#services.log.system('warning', target.name, undefined, `Its schedule has no occurrence left.`);
      return;
    }
    timer.status = found.status;
    if (monitored && found.status !== recorded) await this.#store.write(target.name, found.status);
    if (found.isPastDue) this.#run(timer, true, undefined);
    else if (runOnStartup) this.#run(timer, false, undefined);
    else this.#arm(timer);
  }

  #arm(timer: Timer): void {
    const due = timer.status?.next;
    if (due === undefined || this.#stopping.signal.aborted) return;
    const remaining = due - this.#now();
    if (remaining <= 0) {
      this.#run(timer, false, due);
      return;
    }
    timer.wait = setTimeout(
      () => {
        this.#arm(timer);
      },
      Math.min(remaining, longestWait),
    );
  }

  #run(timer: Timer, isPastDue: boolean, due: number | undefined): void {
    timer.running = this.#runOnce(timer, isPastDue, due).finally(() => {
      timer.running = undefined;
      // Not directly: a timer that is always late must leave room for other work.
      setImmediate(() => {
        this.#arm(timer);
      });
    });
  }

  /** Never rejects: failures are logged and the schedule goes on. */
  async #runOnce(timer: Timer, isPastDue: boolean, due: number | undefined): Promise<void> {
    const { target, schedule, monitored } = timer;
    const { log } = this.#services;
    const started = this.#now();
    const json = JSON.stringify({
      Schedule: { AdjustForDST: true },
      ScheduleStatus: monitored && timer.status !== undefined ? toWire(timer.status) : null,
      IsPastDue: isPastDue,
    });
    try {
      await withRetries(
        target.retry,
        async (retryContext) => this.#services.invoke(target, { data: { json }, retryContext }),
        this.#stopping.signal,
        Math.random,
      );
    } catch (error) {
      // The invocation's own log line has the error.
      log.system(
        'debug',
        target.name,
        undefined,
        `The run of ${new Date(started).toISOString()} failed: ${String(error)}`,
      );
    }
    timer.status = statusAfterRun(schedule, started, due);
    if (!monitored || timer.status === undefined) return;
    try {
      await this.#store.write(target.name, timer.status);
    } catch (error) {
      log.system('error', target.name, undefined, `Its schedule status cannot be saved: ${String(error)}`);
    }
  }
}

/** The names and the format in which Azure's host sends a status; the library lowers the first letters. */
function toWire(status: TimerStatus): Record<string, string> {
  return {
    Last: status.last === null ? '0001-01-01T00:00:00' : wireTime(status.last),
    Next: wireTime(status.next),
    LastUpdated: wireTime(status.lastUpdated),
  };
}

function wireTime(time: number): string {
  return new Date(time).toISOString().replace('Z', '+00:00');
}
