import type { OrchestrationHandler } from 'durable-functions';
import { expect } from 'vitest';
import type { Decision } from '../../../../../local/durable/engine/decision.ts';
import { EVENT, hasEnded, type HistoryEvent } from '../../../../../local/durable/history.ts';
import type { Instance, NewMessage, TurnOutcome } from '../../../../../local/durable/instance.ts';
import { newOrchestration } from '../../../../../local/durable/api/new-orchestration.ts';
import { prepareTurn, runTurn } from '../../../../../local/durable/engine/turn.ts';
import type { TurnOptions } from '../../../../../local/durable/engine/turn-types.ts';
import {
  activityAnswer,
  entityAnswer,
  pendingInstance,
  type Activity,
  type PendingActivity,
} from './simulated-messages.ts';
import { replayedDecisions } from './simulated-history.ts';
import { invokeOrchestrator } from './worker-library.ts';

const DAY_MS = 86_400_000;

/** An app made of the real library's orchestrators; activities are plain functions. */
export interface SimulatedApp {
  readonly orchestrators: Readonly<Record<string, OrchestrationHandler>>;
  readonly activities?: Readonly<Record<string, Activity>>;
  readonly options?: Partial<TurnOptions>;
}

interface Simulated {
  instance: Instance;
  history: HistoryEvent[];
  inbox: NewMessage[];
}

/** Picks one of `count` things; the order of everything in a simulation follows from it. */
export type Choose = (count: number) => number;

/** In the order of arrival, each message in a turn of its own as soon as it comes. */
export const inOrder: Choose = () => 0;

/** Every message that is there goes into one turn, and turns come before activities. */
export const allAtOnce: Choose = (count) => count - 1;

/** Random picks, from a seed. Source of the generator: Tommy Ettinger's mulberry32, which is in the public domain. */
export function randomly(seed: number): Choose {
  let state = seed;
  return (count) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) % count;
  };
}

/** A task hub in memory that runs `prepareTurn` and `runTurn` around the real library. */
export class Simulation {
  readonly #app: SimulatedApp;
  readonly options: TurnOptions;
  readonly instances = new Map<string, Simulated>();
  /** Names of the activities that ran, in order. */
  readonly ran: string[] = [];
  readonly warnings: string[] = [];
  /** Messages to entities, which are not simulated beyond an answer to every call and lock. */
  readonly toEntities: NewMessage[] = [];
  /** What each activity gets, in the order in which they ran. */
  readonly inputs: unknown[] = [];
  now = Date.parse('2026-01-01T00:00:00Z');
  #pending: PendingActivity[] = [];
  #executions = 0;

  constructor(app: SimulatedApp) {
    this.#app = app;
    this.options = {
      hasOrchestrator: (name) => name in app.orchestrators,
      hasActivity: (name) => name in (app.activities ?? {}),
      hasEntity: () => true,
      defaultVersion: null,
      versionMatchStrategy: 'CurrentOrOlder',
      versionFailureStrategy: 'Reject',
      maxOrchestrationActions: 100_000,
      longRunningTimerInterval: 3 * DAY_MS,
      maximumShortTimer: 6 * DAY_MS,
      httpPollInterval: 30_000,
      newExecutionId: () => {
        this.#executions += 1;
        return this.#executions.toString(16).padStart(32, '0');
      },
      ...app.options,
    };
  }

  start(name: string, input?: unknown, instanceId = 'i', version = ''): void {
    const { instance, message } = newOrchestration({
      instanceId,
      executionId: this.options.newExecutionId(),
      name,
      version,
      input: input === undefined ? null : JSON.stringify(input),
      now: this.now,
    });
    this.instances.set(instanceId, { instance, history: [], inbox: [message] });
  }

  raise(name: string, data: unknown, instanceId = 'i'): void {
    this.#send(instanceId, { EventType: EVENT.eventRaised, Name: name, Input: JSON.stringify(data) });
  }

  terminate(reason: string, instanceId = 'i'): void {
    this.#send(instanceId, { EventType: EVENT.executionTerminated, Input: reason });
  }

  suspend(reason: string, instanceId = 'i'): void {
    this.#send(instanceId, { EventType: EVENT.executionSuspended, Reason: reason });
  }

  resume(reason: string, instanceId = 'i'): void {
    this.#send(instanceId, { EventType: EVENT.executionResumed, Reason: reason });
  }

  get(instanceId = 'i'): Instance {
    return this.#find(instanceId).instance;
  }

  history(instanceId = 'i'): readonly HistoryEvent[] {
    return this.#find(instanceId).history;
  }

  /** The output of an instance that has completed. */
  output(instanceId = 'i'): unknown {
    const { status, output } = this.get(instanceId);
    if (status !== 'Completed') throw new Error(`${instanceId} is ${status}: ${String(output)}`);
    return output === null ? null : JSON.parse(output);
  }

  /** Does whatever can be done until only time could bring more, then lets time pass, until nothing is left to do. */
  async run(choose: Choose = inOrder, until = Number.POSITIVE_INFINITY): Promise<void> {
    for (;;) {
      await this.settle(choose);
      const next = this.nextVisibleAt();
      if (next === undefined || next > until) return;
      this.now = next;
    }
  }

  /** Does whatever can be done at this moment. */
  async settle(choose: Choose = inOrder): Promise<void> {
    for (;;) {
      const ready = [...this.instances.values()].filter(({ inbox }) =>
        inbox.some((it) => it.visibleAt <= this.now),
      );
      const choices = ready.length + this.#pending.length;
      if (choices === 0) return;
      const choice = choose(choices);
      const turn = ready[choice];
      if (turn === undefined) this.#runActivity(choice - ready.length);
      else await this.#runTurn(turn, choose);
    }
  }

  nextVisibleAt(): number | undefined {
    const times = [...this.instances.values()].flatMap(({ inbox }) =>
      inbox.map(({ visibleAt }) => visibleAt),
    );
    const next = Math.min(...times);
    return Number.isFinite(next) ? next : undefined;
  }

  /** What {@link replayedDecisions} answers for an instance of the simulation. */
  async replayedDecisions(instanceId = 'i'): Promise<readonly Decision[]> {
    const { instance, history } = this.#find(instanceId);
    return replayedDecisions(this.#app.orchestrators[instance.name], instance, history, this.options);
  }

  async #runTurn(simulated: Simulated, choose: Choose): Promise<void> {
    const { instance } = simulated;
    const visible = simulated.inbox.filter(({ visibleAt }) => visibleAt <= this.now);
    const taken = new Set(visible.slice(0, 1 + choose(visible.length)));
    const messages = [...taken]
      .filter(({ executionId }) => executionId === null || executionId === instance.executionId)
      .map(({ event }, sequence) => ({ sequence, event }));
    simulated.inbox = simulated.inbox.filter((message) => !taken.has(message));
    if (messages.length === 0) return;
    const claimed = { instance, past: structuredClone(simulated.history), messages };
    const prepared = prepareTurn(claimed, new Date(this.now), this.options);
    if (prepared.kind === 'rejected') {
      this.warnings.push(prepared.reason);
      return;
    }
    if (prepared.kind === 'settled') {
      this.#commit(simulated, prepared.outcome);
      return;
    }
    const handler = this.#app.orchestrators[prepared.functionName];
    if (handler === undefined)
      throw new Error('prepareTurn asks for an orchestrator that the app does not have');
    const answer = await invokeOrchestrator(handler, prepared.trigger);
    const outcome = runTurn(prepared, answer, new Date(this.now), this.options);
    this.warnings.push(...outcome.warnings);
    this.#commit(simulated, outcome);
  }

  #commit(simulated: Simulated, outcome: TurnOutcome): void {
    const { instance, history, activities, messages } = outcome;
    simulated.instance = instance;
    if (history.mode === 'replace') simulated.history = [...history.events];
    else simulated.history.push(...history.events);
    const { instanceId, executionId } = instance;
    this.#pending.push(...activities.map((activity) => ({ ...activity, instanceId, executionId })));
    for (const message of messages) this.#deliver(message);
  }

  #deliver(message: NewMessage): void {
    if (message.instanceId.startsWith('@')) {
      this.toEntities.push(message);
      const answer = entityAnswer(message, this.now);
      if (answer !== undefined) this.#deliver(answer);
      return;
    }
    const { event } = message;
    if (event.EventType === EVENT.executionStarted && !this.instances.has(message.instanceId)) {
      this.instances.set(message.instanceId, { instance: pendingInstance(event), history: [], inbox: [] });
    }
    this.#find(message.instanceId).inbox.push(message);
  }

  #runActivity(index: number): void {
    const [activity] = this.#pending.splice(index, 1);
    if (activity === undefined) throw new Error(`There is no activity ${String(index)}`);
    this.ran.push(activity.name);
    const run = (input: unknown): unknown => {
      this.inputs.push(input);
      return this.#app.activities?.[activity.name]?.(input);
    };
    this.#deliver(activityAnswer(activity, run, this.now));
  }

  #send(
    instanceId: string,
    event: DistributiveOmit<HistoryEvent, 'EventId' | 'IsPlayed' | 'Timestamp'>,
  ): void {
    const common = { EventId: -1, IsPlayed: false, Timestamp: new Date(this.now).toISOString() };
    this.#deliver({ instanceId, executionId: null, visibleAt: 0, event: { ...common, ...event } });
  }

  #find(instanceId: string): Simulated {
    const found = this.instances.get(instanceId);
    if (found === undefined) throw new Error(`There is no instance ${instanceId}`);
    return found;
  }
}

type DistributiveOmit<T, Key extends PropertyKey> = T extends unknown ? Omit<T, Key> : never;

/** Runs one orchestration to its end. */
export async function simulate(
  app: SimulatedApp,
  name: string,
  input?: unknown,
  choose: Choose = inOrder,
): Promise<Simulation> {
  const simulation = new Simulation(app);
  simulation.start(name, input);
  await simulation.run(choose);
  return simulation;
}

/** All instances have ended, and each has a history that replays. */
export async function expectAllReplayable(simulation: Simulation): Promise<void> {
  for (const [id, { instance }] of simulation.instances) {
    expect([id, hasEnded(instance.status)]).toEqual([id, true]);
    expect(await simulation.replayedDecisions(id)).toMatchObject([
      { kind: 'complete', completion: { status: instance.status } },
    ]);
  }
}
