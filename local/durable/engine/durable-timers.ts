import type { DecisionContext } from './decision-context.ts';
import { Task } from './task.ts';

export interface TimerLimits {
  /** Milliseconds; a timer beyond it becomes several timers. */
  readonly maximumShortTimer: number;
  /** Milliseconds from one of these to the next. */
  readonly longRunningTimerInterval: number;
}

/**
 * The timers that an orchestrator creates. One that is too far away is made of successive timers, each with a number of
 * its own. That one is under way is remembered for all of an execution's timers, as the extension has it
 * (`DurableOrchestrationContext.cs`): meanwhile a timer that is due already is none at all.
 */
export class DurableTimers {
  readonly #context: DecisionContext;
  readonly #limits: TimerLimits;
  #longRunning = false;

  constructor(context: DecisionContext, limits: TimerLimits) {
    this.#context = context;
    this.#limits = limits;
  }

  /**
   * @param fireAt milliseconds since 1970
   * @param isCanceled whether the orchestrator has cancelled it, in this turn or in an earlier one
   * @param spendAction is asked before every timer that is created. @returns why there may be no more
   */
  create(fireAt: number, isCanceled: boolean, spendAction: () => string | undefined): Task {
    const result = new Task();
    const context = this.#context;
    const { longRunningTimerInterval, maximumShortTimer } = this.#limits;
    const isLong = fireAt - context.now > maximumShortTimer;
    if (isLong) this.#longRunning = true;
    const isLoop = this.#longRunning;
    const end = (): void => {
      this.#longRunning = false;
      result.settle({ ok: true, value: null });
    };
    const createNext = (next: number): void => {
      const refusal = spendAction();
      if (refusal !== undefined) {
        result.fail(refusal);
        return;
      }
      const timer = context.createTimer(next);
      timer.task.onSettled((outcome) => {
        if (!outcome.ok) {
          result.settle(outcome);
          return;
        }
        const remaining = fireAt - context.now;
        if (isLoop && remaining > 0) createNext(context.now + Math.min(remaining, longRunningTimerInterval));
        else end();
      });
      if (isCanceled) timer.cancel();
    };
    if (isLoop && context.now >= fireAt) end();
    else createNext(isLong ? context.now + longRunningTimerInterval : fireAt);
    return result;
  }
}
