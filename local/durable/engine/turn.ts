import type { Completion } from './decision.ts';
import { EVENT, type ExecutionStarted, type HistoryEvent, type OrchestratorStarted } from '../history.ts';
import type { ClaimedTurn, Instance, TurnOutcome } from '../instance.ts';
import { findNewEvents } from './new-events.ts';
import { replay, type Replayed } from './replay.ts';
import { nextStart, turnEffects } from './turn-effects.ts';
import type { PreparedTurn, RanTurn, TurnOptions, TurnToRun, WorkerAnswer } from './turn-types.ts';
import { mayRunVersion } from './version-match.ts';
import { orchestrationTrigger } from './worker-messages.ts';
import { parseWorkerReply, type WorkerReply } from './worker-reply.ts';

/**
 * Decides what to do with a claimed orchestration: invoke its function (then call `runTurn`), commit an outcome that
 * needs no invocation, or give it back.
 */
export function prepareTurn(claimed: ClaimedTurn, now: Date, options: TurnOptions): PreparedTurn {
  const { instance } = claimed;
  const found = findNewEvents(claimed);
  if (found.kind === 'nothing') return { kind: 'settled', outcome: unchanged(instance) };
  if (found.kind === 'terminated')
    return { kind: 'settled', outcome: neverBegun(instance, found.reason, now) };
  const { started, past, events } = found;
  const trigger = {
    instanceId: instance.instanceId,
    parentInstanceId: started.ParentInstance?.OrchestrationInstance.InstanceId ?? null,
    input: started.Input,
    isReplaying: past.length > 0,
  };
  const news = [turnStart(past, now), ...events];
  const turn: TurnToRun = {
    kind: 'invoke',
    functionName: started.Name,
    trigger: orchestrationTrigger([...past, ...news], trigger, options),
    claimed,
    past,
    news,
  };
  if (!mayRunVersion(options.versionMatchStrategy, started.Version, options.defaultVersion ?? '')) {
    return refuseVersion(turn, started, now, options);
  }
  if (options.hasOrchestrator(started.Name)) return turn;
  const problem = `The function '${started.Name}' doesn't exist, is disabled, or is not an orchestrator function.`;
  return { kind: 'settled', outcome: apply(turn, { problem, details: '' }, now, options) };
}

/**
 * Works out everything that a turn changes from what the orchestrator's function answered.
 * @param answer of the function to `turn.trigger`
 */
export function runTurn(turn: TurnToRun, answer: WorkerAnswer, now: Date, options: TurnOptions): RanTurn {
  return apply(turn, parseWorkerReply(answer), now, options);
}

/** Moments never go back from turn to turn, whatever the clock does. */
function turnStart(past: readonly HistoryEvent[], now: Date): OrchestratorStarted {
  const last = past.findLast((event) => event.EventType === EVENT.orchestratorStarted);
  const time = Math.max(now.getTime(), last === undefined ? 0 : Date.parse(last.Timestamp));
  const Timestamp = new Date(time).toISOString();
  return { EventType: EVENT.orchestratorStarted, EventId: -1, IsPlayed: false, Timestamp };
}

function apply(turn: TurnToRun, reply: WorkerReply, now: Date, options: TurnOptions): RanTurn {
  const { past, news, claimed } = turn;
  const history = [...past, ...news];
  const { Name: name, OrchestrationInstance, ParentInstance } = startOf(history);
  const execution = {
    name,
    instanceId: claimed.instance.instanceId,
    executionId: OrchestrationInstance.ExecutionId,
    parentInstanceId: ParentInstance?.OrchestrationInstance.InstanceId,
  };
  return commitment(turn, replay(execution, history, reply, options), now, options);
}

function commitment(turn: TurnToRun, replayed: Replayed, now: Date, options: TurnOptions): RanTurn {
  const { past, news, claimed } = turn;
  const { warnings } = replayed;
  const started = startOf([...past, ...news]);
  const effects = turnEffects(replayed.decisions, started, now, options.newExecutionId);
  const { activities, messages, completion } = effects;
  const instance = instanceAfter(turn, started, replayed.customStatus, completion, now);
  if (completion?.status === 'ContinuedAsNew') {
    const executionId = options.newExecutionId();
    const event = nextStart(started, completion.result, now, executionId);
    const next = { ...instance, executionId, input: completion.result, createdAt: now.getTime() };
    const { instanceId } = claimed.instance;
    return {
      instance: next,
      history: { mode: 'replace', events: completion.carryover },
      activities,
      messages: [...messages, { instanceId, executionId, visibleAt: 0, event }],
      warnings,
    };
  }
  const ended = { EventType: EVENT.orchestratorCompleted, EventId: -1, IsPlayed: false };
  const events = [...news.map(played), ...effects.events, { ...ended, Timestamp: now.toISOString() }];
  return {
    instance,
    history: { mode: past.length === 0 ? 'replace' : 'append', events },
    activities,
    messages,
    warnings,
  };
}

/** The framework marks as played what it hands to the orchestration, which the starts of turns are not. */
function played(event: HistoryEvent): HistoryEvent {
  return event.EventType === EVENT.orchestratorStarted ? event : { ...event, IsPlayed: true };
}

function startOf(history: readonly HistoryEvent[]): ExecutionStarted {
  const started = history.find((event) => event.EventType === EVENT.executionStarted);
  if (started === undefined) throw new Error('A turn has been prepared whose history has no start');
  return started;
}

function instanceAfter(
  { claimed, past, news }: TurnToRun,
  started: ExecutionStarted,
  customStatus: string | null,
  completion: Completion | undefined,
  now: Date,
): Instance {
  const { instance } = claimed;
  const begins = past.length === 0;
  // The first turn after a continue-as-new keeps the status of the execution before it.
  const kept = begins && instance.status === 'Running' ? instance.customStatus : null;
  let status: Instance['status'] = begins ? 'Running' : instance.status;
  let output = begins ? null : instance.output;
  for (const event of news) {
    if (event.EventType === EVENT.executionSuspended) {
      status = 'Suspended';
      output = textAsJson(event.Reason);
    } else if (event.EventType === EVENT.executionResumed) {
      status = 'Running';
      output = textAsJson(event.Reason);
    }
  }
  if (completion?.status === 'ContinuedAsNew') {
    status = 'Running';
  } else if (completion !== undefined) {
    const { failureDetails, result } = completion;
    const text =
      failureDetails === null ? result : `${failureDetails.ErrorType}: ${failureDetails.ErrorMessage}`;
    status = completion.status;
    output = completion.status === 'Completed' ? result : textAsJson(text);
  }
  return {
    instanceId: instance.instanceId,
    executionId: started.OrchestrationInstance.ExecutionId,
    kind: 'orchestration',
    name: started.Name,
    version: started.Version,
    status,
    input: started.Input,
    output,
    customStatus: customStatus ?? kept,
    parent: started.ParentInstance,
    createdAt: Date.parse(started.Timestamp),
    updatedAt: now.getTime(),
  };
}

function refuseVersion(
  turn: TurnToRun,
  started: ExecutionStarted,
  now: Date,
  options: TurnOptions,
): PreparedTurn {
  const own = options.defaultVersion ?? '';
  if (options.versionFailureStrategy === 'Reject') {
    const reason = `Its version '${started.Version}' is none that a host of version '${own}' runs (${options.versionMatchStrategy}).`;
    return { kind: 'rejected', reason };
  }
  const completion: Completion = {
    status: 'Failed',
    result: null,
    details: null,
    failureDetails: {
      ErrorType: 'VersionMismatch',
      ErrorMessage: 'Orchestration version did not comply with Worker Versioning',
      IsNonRetriable: true,
    },
    carryover: [],
  };
  const decisions = [{ kind: 'complete', id: turn.past.length, completion } as const];
  return {
    kind: 'settled',
    outcome: commitment(turn, { decisions, customStatus: null, warnings: [] }, now, options),
  };
}

function unchanged(instance: Instance): TurnOutcome {
  return { instance, history: { mode: 'append', events: [] }, activities: [], messages: [] };
}

function neverBegun(instance: Instance, reason: string | null, now: Date): TurnOutcome {
  const terminated: Instance = {
    ...instance,
    status: 'Terminated',
    output: textAsJson(reason),
    updatedAt: now.getTime(),
  };
  return unchanged(terminated);
}

/** A text as JSON text; one that is JSON already is taken for what it says, as the extension does. */
function textAsJson(text: string | null): string | null {
  if (text === null) return null;
  try {
    JSON.parse(text);
    return text;
  } catch {
    return JSON.stringify(text);
  }
}
