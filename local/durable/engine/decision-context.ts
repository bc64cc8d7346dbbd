import type { Completion, Decision } from './decision.ts';
import { EVENT, type EventRaised, type FailureDetails, type HistoryEvent } from '../history.ts';
import { checkDecision, type DecidedEvent } from './non-determinism.ts';
import { Task, type TaskProblem } from './task.ts';

type NewDecision = Decision extends infer One ? (One extends Decision ? Omit<One, 'id'> : never) : never;

/**
 * What the Durable Task Framework keeps while it plays an execution's history: numbers for what the orchestration
 * decides, the decisions that history does not have yet, and the tasks that wait for an answer. Facts:
 * Azure/durabletask, `TaskOrchestrationContext.cs`.
 */
export class DecisionContext {
  readonly instanceId: string;
  readonly executionId: string;
  /** Of the turn that is being played; milliseconds since 1970. */
  now = 0;
  #nextId = 0;
  readonly #open = new Map<number, Task>();
  #decisions = new Map<number, Decision>();
  /** Decisions made before the instance was suspended; they are carried out when it is resumed. */
  #held = new Map<number, Decision>();
  readonly #queue: HistoryEvent[] = [];
  #suspended = false;
  #nextInput: string | undefined;
  readonly #carryover: EventRaised[] = [];
  #ended = false;

  constructor(instanceId: string, executionId: string) {
    this.instanceId = instanceId;
    this.executionId = executionId;
  }

  get hasOpenTasks(): boolean {
    return this.#open.size > 0;
  }

  get isSuspended(): boolean {
    return this.#suspended;
  }

  /** What history does not have yet, in the order of numbers. */
  get newDecisions(): Decision[] {
    return [...this.#decisions.values()].sort((a, b) => a.id - b.id);
  }

  /** @param input JSON text of the argument */
  scheduleActivity(name: string, input: string): Task {
    return this.#await(this.#decide({ kind: 'activity', name, version: '', input }));
  }

  /** @param instanceId blank: the execution's id and the action's number */
  scheduleSubOrchestration(name: string, version: string, instanceId: string, input: string): Task {
    const id = instanceId.trim() === '' ? `${this.executionId}:${String(this.#nextId)}` : instanceId;
    return this.#await(this.#decide({ kind: 'subOrchestration', name, version, instanceId: id, input }));
  }

  /** @param fireAt milliseconds since 1970 */
  createTimer(fireAt: number): { readonly task: Task; readonly cancel: () => void } {
    const id = this.#decide({ kind: 'timer', fireAt });
    const task = this.#await(id);
    return {
      task,
      cancel: () => {
        this.#open.delete(id);
        task.fail('A task was canceled.');
      },
    };
  }

  sendEvent(instanceId: string, name: string, input: string, visibleAt = 0): void {
    this.#decide({ kind: 'event', instanceId, name, input, visibleAt });
  }

  /** Has the execution, once it completes, begin anew. @param input JSON text */
  continueAsNew(input: string): void {
    this.#nextInput = input;
    this.#carryover.length = 0;
  }

  /** @throws NonDeterminismError */
  confirm(event: DecidedEvent): void {
    checkDecision(event, this.#decisions.get(event.EventId));
    this.#decisions.delete(event.EventId);
  }

  /** Ends a task. An answer to a task that is not open is a duplicate, or one of a cancelled timer: it is passed over. */
  answer(id: number, answer: { value: string | null } | { problem: TaskProblem }): void {
    const task = this.#open.get(id);
    if (task === undefined) return;
    // The continuations run first, as in the framework: until then the task is open.
    task.settle(
      'value' in answer ? { ok: true, value: answer.value } : { ok: false, problem: answer.problem },
    );
    this.#open.delete(id);
  }

  /** Keeps an external event for the next execution. @returns false where this one goes on */
  carryOver(event: EventRaised): boolean {
    if (this.#nextInput === undefined) return false;
    this.#carryover.push(event);
    return true;
  }

  suspend(): void {
    this.#suspended = true;
    for (const [id, decision] of this.#decisions) this.#held.set(id, decision);
    this.#decisions = new Map();
  }

  /** Keeps an event until the instance is resumed. */
  queue(event: HistoryEvent): void {
    if (event.EventType !== EVENT.executionSuspended) this.#queue.push(event);
  }

  /** @param process plays an event that was kept */
  resume(process: (event: HistoryEvent) => void): void {
    this.#suspended = false;
    for (const [id, decision] of this.#held) this.#decisions.set(id, decision);
    this.#held = new Map();
    for (let event = this.#queue.shift(); event !== undefined; event = this.#queue.shift()) process(event);
  }

  /**
   * The orchestrator has returned. A termination in the same turn wins over a continue-as-new; the framework would
   * forget it.
   * @param output JSON text
   */
  complete(output: string | null): void {
    if (this.#nextInput === undefined) this.#end('Completed', output, null, null);
    else this.#end('ContinuedAsNew', this.#nextInput, null, null);
  }

  terminate(reason: string | null): void {
    this.#end('Terminated', reason, null, null);
  }

  fail(reason: string, details: string | null, failureDetails: FailureDetails | null): void {
    this.#end('Failed', reason, details, failureDetails);
  }

  #end(
    status: Completion['status'],
    result: string | null,
    details: string | null,
    failureDetails: FailureDetails | null,
  ): void {
    if (this.#ended) return;
    this.#ended = true;
    const completion = { status, result, details, failureDetails, carryover: this.#carryover };
    this.#decide({ kind: 'complete', completion });
  }

  #decide(decision: NewDecision): number {
    const id = this.#nextId;
    this.#nextId += 1;
    this.#decisions.set(id, { ...decision, id });
    return id;
  }

  #await(id: number): Task {
    const task = new Task();
    this.#open.set(id, task);
    return task;
  }
}
