import { z } from 'zod';
import type { Coordination } from './coordination.ts';
import { isFrequent, parseSchedule, type Schedule } from './cron.ts';
import { withRetries } from './retry.ts';
import type { HeldSingleton } from './singleton.ts';
import { statusAfterRun, statusAtStart, statusToWire, type TimerStatus } from './timer-status.ts';
import type { HostServices, IndexedFunction, TriggerDriver } from './trigger-driver.ts';

/** Long waits are cut up: setTimeout ends at 24.8 days, and the clock may be set or the machine sleep meanwhile. */
const longestWait = 60_000;
/** How often a host that does not have a timer asks for it. */
const askEvery = 5_000;
const doubt = 1_000;

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
  /** The right to run it, which one of the app's hosts has. */
  held: HeldSingleton | undefined;
  /** Whether it has been said that the right or the status can't be asked for. */
  troubled: boolean;
  wait: NodeJS.Timeout | undefined;
  asking: Promise<void> | undefined;
  running: Promise<void> | undefined;
}

/**
 * Runs timer-triggered functions on their schedules. One timer never overlaps itself, and of several hosts of the app
 * one runs it; as on Azure, another host takes over when that one has ended, also from the middle of a run, which is
 * then repeated where the timer is remembered.
 */
export class TimerDriver implements TriggerDriver {
  readonly triggers = ['timertrigger'];
  readonly #services: HostServices;
  readonly #coordinate: () => Promise<Coordination>;
  readonly #now: () => number;
  readonly #timers: Timer[] = [];
  readonly #stopping = new AbortController();
  #startedAt = 0;

  /** @param coordinate is called once, where there are timers to run */
  constructor(services: HostServices, coordinate: () => Promise<Coordination>, now: () => number) {
    this.#services = services;
    this.#coordinate = coordinate;
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
      held: undefined,
      troubled: false,
      asking: undefined,
      wait: undefined,
      running: undefined,
    });
    return `timer ${expression} (UTC)`;
  }

  async start(): Promise<void> {
    const timers = this.#timers.filter(({ target }) => !target.disabled);
    if (timers.length === 0) return;
    this.#startedAt = this.#now();
    const common = await this.#coordinate();
    // Not waited for: while the storage does not answer the other triggers shall run.
    for (const timer of timers) void this.#ask(timer, common);
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    for (const timer of this.#timers) clearTimeout(timer.wait);
    await Promise.all(
      this.#timers.map(async (timer) => {
        await timer.asking;
        await timer.running;
        await this.#release(timer);
      }),
    );
  }

  /** Takes a timer over if no other host has it, and asks again later if one has. Never rejects. */
  async #ask(timer: Timer, common: Coordination): Promise<void> {
    timer.asking = this.#askOnce(timer, common);
    await timer.asking;
    timer.asking = undefined;
    if (timer.held === undefined && !this.#stopping.signal.aborted) {
      timer.wait = setTimeout(() => void this.#ask(timer, common), askEvery);
    }
  }

  async #askOnce(timer: Timer, common: Coordination): Promise<void> {
    const { name } = timer.target;
    const { signal } = this.#stopping;
    // A run of before the lock was lost.
    await timer.running;
    try {
      timer.held = await common.singletons.tryAcquire(name, signal);
      if (timer.held !== undefined && !signal.aborted) {
        const { lost } = timer.held;
        lost.addEventListener('abort', () => void this.#lose(timer, common, lost.reason), { once: true });
        await this.#startTimer(timer, common);
      }
      timer.troubled = false;
    } catch (error) {
      const level = timer.troubled || signal.aborted ? 'debug' : 'warning';
      const text = `It waits: its lock or its status is out of reach: ${String(error)}`;
      this.#services.log.system(level, name, undefined, text);
      timer.troubled = true;
      await this.#release(timer);
    }
  }

  /** Another host may run the timer from now on. Never rejects. */
  async #lose(timer: Timer, common: Coordination, reason: unknown): Promise<void> {
    timer.held = undefined;
    clearTimeout(timer.wait);
    const { log } = this.#services;
    log.system('warning', timer.target.name, undefined, `The lock on it is lost: ${String(reason)}`);
    // Who is just asking asks again.
    if (timer.asking === undefined && !this.#stopping.signal.aborted) await this.#ask(timer, common);
  }

  /** Never rejects: what could not be let go ends by itself. */
  async #release(timer: Timer): Promise<void> {
    const { held } = timer;
    timer.held = undefined;
    try {
      await held?.release();
    } catch (error) {
      const text = `Its lock could not be released and ends by itself: ${String(error)}`;
      this.#services.log.system('debug', timer.target.name, undefined, text);
    }
  }

  async #startTimer(timer: Timer, common: Coordination): Promise<void> {
    const { target, schedule, monitored, runOnStartup } = timer;
    const { timerStatuses } = common;
    const recorded = monitored ? await timerStatuses.read(target.name) : undefined;
    const found = statusAtStart(recorded, schedule, this.#now(), this.#startedAt);
    if (found === undefined) {
      this.#services.log.system('warning', target.name, undefined, `Its schedule has no occurrence left.`);
      return;
    }
    timer.status = found.status;
    if (monitored && found.status !== recorded) await timerStatuses.write(target.name, found.status);
    const isHeld = timer.held?.isHeld() === true;
    if (isHeld && found.isPastDue) this.#run(timer, common, true, undefined);
    else if (isHeld && runOnStartup) this.#run(timer, common, false, undefined);
    else this.#arm(timer, common);
  }

  #arm(timer: Timer, common: Coordination): void {
    const due = timer.status?.next;
    const { held, running } = timer;
    if (due === undefined || held === undefined || this.#stopping.signal.aborted) return;
    // The lock came back between the end of a run and here.
    if (running !== undefined) return;
    clearTimeout(timer.wait);
    // A lock that is in doubt is renewed or lost within seconds.
    const remaining = held.isHeld() ? due - this.#now() : doubt;
    if (remaining <= 0) {
      this.#run(timer, common, false, due);
      return;
    }
    timer.wait = setTimeout(
      () => {
        this.#arm(timer, common);
      },
      Math.min(remaining, longestWait),
    );
  }

  #run(timer: Timer, common: Coordination, isPastDue: boolean, due: number | undefined): void {
    timer.running = this.#runOnce(timer, common, isPastDue, due).finally(() => {
      timer.running = undefined;
      // Not directly: a timer that is always late must leave room for other work.
      setImmediate(() => {
        this.#arm(timer, common);
      });
    });
  }

  /** Never rejects: failures are logged and the schedule goes on. */
  async #runOnce(
    timer: Timer,
    { timerStatuses }: Coordination,
    isPastDue: boolean,
    due: number | undefined,
  ): Promise<void> {
    const { target, schedule, monitored } = timer;
    const { log } = this.#services;
    const started = this.#now();
    const json = JSON.stringify({
      Schedule: { AdjustForDST: true },
      ScheduleStatus: monitored && timer.status !== undefined ? statusToWire(timer.status) : null,
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
    // The record is another host's by now.
    if (timer.held?.isHeld() !== true) return;
    try {
      await timerStatuses.write(target.name, timer.status);
    } catch (error) {
      log.system('error', target.name, undefined, `Its schedule status cannot be saved: ${String(error)}`);
    }
  }
}
