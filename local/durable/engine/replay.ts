import { ActionReplay } from './action-replay.ts';
import type { Decision } from './decision.ts';
import { DecisionContext } from './decision-context.ts';
import { EVENT, type FailureDetails, type HistoryEvent } from '../history.ts';
import { NonDeterminismError } from './non-determinism.ts';
import type { TaskProblem } from './task.ts';
import type { TurnOptions } from './turn-types.ts';
import type { OrchestratorState, WorkerReply } from './worker-reply.ts';

/** The execution that is replayed. */
export interface Execution {
  readonly name: string;
  readonly instanceId: string;
  readonly executionId: string;
  readonly parentInstanceId: string | undefined;
}

export interface Replayed {
  /** What history does not have yet, in the order of numbers. */
  readonly decisions: readonly Decision[];
  /** JSON text. */
  readonly customStatus: string | null;
  readonly warnings: readonly string[];
}

type Returned =
  | { readonly kind: 'output'; readonly output: string | null }
  | {
      readonly kind: 'failure';
      readonly reason: string;
      readonly details: string;
      readonly failureDetails: FailureDetails | null;
    };

/**
 * Plays a history to what the worker says that the orchestrator did, event by event, and finds out what the orchestrator
 * wants done that history does not have yet. Facts: Azure/durabletask, `TaskOrchestrationExecutor.cs`; the extension's
 * `TaskOrchestrationShim.cs`.
 * @param history all events of the execution, those of this turn included
 */
export function replay(
  execution: Execution,
  history: readonly HistoryEvent[],
  reply: WorkerReply,
  options: TurnOptions,
): Replayed {
  return new Replay(execution, reply, options).run(history);
}

/** The statuses' limit, as UTF-16. */
const MAX_CUSTOM_STATUS_KB = 16;

class Replay {
  readonly #execution: Execution;
  readonly #reply: WorkerReply;
  readonly #context: DecisionContext;
  readonly #actions: ActionReplay;
  #returned: Returned | undefined;
  #customStatus: string | null = null;

  constructor(execution: Execution, reply: WorkerReply, options: TurnOptions) {
    this.#execution = execution;
    this.#reply = reply;
    this.#context = new DecisionContext(execution.instanceId, execution.executionId);
    this.#actions = new ActionReplay(this.#context, execution, options);
  }

  run(history: readonly HistoryEvent[]): Replayed {
    const context = this.#context;
    try {
      for (const event of history) this.#play(event);
      // An orchestration ends only when all that it has begun has ended too, whether it waits for it or not.
      if (!context.hasOpenTasks) this.#end();
    } catch (error) {
      if (!(error instanceof NonDeterminismError)) throw error;
      const details = `Unhandled exception while executing orchestration: ${error.message}`;
      context.fail(error.message, details, null);
    }
    return {
      decisions: context.newDecisions,
      customStatus: this.#customStatus,
      warnings: this.#actions.warnings,
    };
  }

  #play(event: HistoryEvent): void {
    const context = this.#context;
    if (event.EventType === EVENT.orchestratorStarted) {
      context.now = Date.parse(event.Timestamp);
      return;
    }
    const mayPass =
      event.EventType === EVENT.executionResumed || event.EventType === EVENT.executionTerminated;
    if (context.isSuspended && !mayPass) {
      context.queue(event);
      return;
    }
    switch (event.EventType) {
      case EVENT.executionStarted:
        this.#start();
        return;
      case EVENT.executionTerminated:
        context.terminate(event.Input);
        return;
      case EVENT.executionSuspended:
        context.suspend();
        return;
      case EVENT.executionResumed:
        context.resume((kept) => {
          this.#play(kept);
        });
        return;
      case EVENT.taskScheduled:
      case EVENT.timerCreated:
      case EVENT.subOrchestrationCreated:
      case EVENT.eventSent:
        context.confirm(event);
        return;
      case EVENT.taskCompleted:
      case EVENT.subOrchestrationCompleted:
        context.answer(event.TaskScheduledId, { value: event.Result });
        return;
      case EVENT.taskFailed:
      case EVENT.subOrchestrationFailed:
        context.answer(event.TaskScheduledId, { problem: problemOf(event) });
        return;
      case EVENT.timerFired:
        context.answer(event.TimerId, { value: null });
        return;
      case EVENT.eventRaised:
        if (!context.carryOver(event)) this.#actions.events.raise(event.Name, event.Input);
        return;
      case EVENT.orchestratorCompleted:
      case EVENT.executionCompleted:
        return;
    }
  }

  #start(): void {
    const reply = this.#reply;
    if ('problem' in reply) {
      this.#fail(reply.problem, reply.details, null);
      return;
    }
    const { state } = reply;
    const tooLarge = this.#setCustomStatus(state.customStatus);
    if (tooLarge !== undefined) {
      this.#fail(tooLarge, '', null);
      return;
    }
    this.#actions.run(
      state.actions,
      () => {
        this.#finish(state);
      },
      (error) => {
        this.#fail(error instanceof Error ? error.message : String(error), '', null);
      },
    );
  }

  /** All actions that the orchestrator has taken so far have ended. */
  #finish(state: OrchestratorState): void {
    if (state.error !== undefined && state.error !== '') {
      const details = `Message: ${state.error}, StackTrace: ${state.failureDetails?.StackTrace ?? ''}`;
      this.#fail(state.error, details, state.failureDetails ?? null);
      return;
    }
    if (!state.isDone) return;
    this.#actions.releaseLocks();
    const output = state.output === undefined || state.output === null ? null : JSON.stringify(state.output);
    this.#returned = { kind: 'output', output };
  }

  #fail(problem: string, details: string, failureDetails: FailureDetails | null): void {
    const reason = `Orchestrator function '${this.#execution.name}' failed: ${problem}`;
    this.#returned = { kind: 'failure', reason, details, failureDetails };
  }

  #end(): void {
    const returned = this.#returned;
    if (returned?.kind === 'output') this.#context.complete(returned.output);
    if (returned?.kind === 'failure') {
      this.#context.fail(returned.reason, returned.details, returned.failureDetails);
    }
  }

  /** @returns why it cannot be */
  #setCustomStatus(status: unknown): string | undefined {
    if (status === undefined || status === null) return undefined;
    const text = JSON.stringify(status);
    const kilobytes = Math.trunc((text.length * 2) / 1024);
    if (kilobytes > MAX_CUSTOM_STATUS_KB) {
      return `The UTF-16 size of the JSON-serialized payload must not exceed ${String(MAX_CUSTOM_STATUS_KB)} KB. The current payload size is ${String(kilobytes)} KB.`;
    }
    this.#customStatus = text;
    return undefined;
  }
}

function problemOf(event: { Reason: string | null; FailureDetails: FailureDetails | null }): TaskProblem {
  return { message: event.Reason ?? '', isNonRetriable: event.FailureDetails?.IsNonRetriable ?? false };
}
