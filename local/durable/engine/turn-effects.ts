import type { Completion, Decision } from './decision.ts';
import { EVENT, type ExecutionStarted, type HistoryEvent } from '../history.ts';
import type { NewActivity, NewMessage } from '../instance.ts';

/** What decisions become. */
export interface TurnEffects {
  readonly events: HistoryEvent[];
  readonly activities: NewActivity[];
  readonly messages: NewMessage[];
  /** How the execution ended, if it did. */
  readonly completion: Completion | undefined;
}

/**
 * Turns decisions into events of the history, activities to run, and messages. Facts: Azure/durabletask,
 * `TaskOrchestrationDispatcher.cs`.
 * @param started the event with which the execution began
 */
export function turnEffects(
  decisions: readonly Decision[],
  started: ExecutionStarted,
  now: Date,
  newExecutionId: () => string,
): TurnEffects {
  const events: HistoryEvent[] = [];
  const activities: NewActivity[] = [];
  const messages: NewMessage[] = [];
  let completion: Completion | undefined;
  for (const decision of decisions) {
    const common = { EventId: decision.id, IsPlayed: false, Timestamp: now.toISOString() };
    switch (decision.kind) {
      case 'activity': {
        const { id, name, version, input } = decision;
        const event = { EventType: EVENT.taskScheduled, Name: name, Version: version, Input: `[${input}]` };
        events.push({ ...common, ...event });
        activities.push({ taskId: id, name, version, input });
        break;
      }
      case 'timer': {
        const { id, fireAt } = decision;
        events.push({ ...common, EventType: EVENT.timerCreated, FireAt: toIso(fireAt) });
        messages.push(timerMessage(id, fireAt, started));
        break;
      }
      case 'subOrchestration': {
        const { name, version, instanceId, input } = decision;
        const event = { Name: name, Version: version, InstanceId: instanceId, Input: input };
        events.push({ ...common, EventType: EVENT.subOrchestrationCreated, ...event });
        messages.push(startMessage(decision, started, now, newExecutionId()));
        break;
      }
      case 'event': {
        const { instanceId, name, input, visibleAt } = decision;
        events.push({
          ...common,
          EventType: EVENT.eventSent,
          InstanceId: instanceId,
          Name: name,
          Input: input,
        });
        const event = { ...outside(now), EventType: EVENT.eventRaised, Name: name, Input: input };
        messages.push({ instanceId, executionId: null, visibleAt, event });
        break;
      }
      case 'complete': {
        const { status, result, failureDetails } = decision.completion;
        completion = decision.completion;
        if (status === 'ContinuedAsNew') break;
        events.push({
          ...common,
          EventType: EVENT.executionCompleted,
          OrchestrationStatus: status,
          Result: result,
          FailureDetails: failureDetails,
        });
        messages.push(...parentMessages(decision.completion, started, now));
        break;
      }
    }
  }
  return { events, activities, messages, completion };
}

/** The event with which the next execution of an instance begins. @param input JSON text */
export function nextStart(
  started: ExecutionStarted,
  input: string | null,
  now: Date,
  executionId: string,
): ExecutionStarted {
  const { InstanceId } = started.OrchestrationInstance;
  return {
    ...outside(now),
    EventType: EVENT.executionStarted,
    Name: started.Name,
    Version: started.Version,
    Input: input,
    OrchestrationInstance: { InstanceId, ExecutionId: executionId },
    ParentInstance: started.ParentInstance,
    ScheduledStartTime: null,
  };
}

function timerMessage(id: number, fireAt: number, { OrchestrationInstance }: ExecutionStarted): NewMessage {
  return {
    instanceId: OrchestrationInstance.InstanceId,
    executionId: OrchestrationInstance.ExecutionId,
    visibleAt: fireAt,
    event: {
      EventType: EVENT.timerFired,
      EventId: -1,
      IsPlayed: false,
      Timestamp: toIso(fireAt),
      TimerId: id,
      FireAt: toIso(fireAt),
    },
  };
}

function startMessage(
  decision: Extract<Decision, { kind: 'subOrchestration' }>,
  parent: ExecutionStarted,
  now: Date,
  executionId: string,
): NewMessage {
  const { id, name, version, instanceId, input } = decision;
  const event: ExecutionStarted = {
    ...outside(now),
    EventType: EVENT.executionStarted,
    Name: name,
    Version: version,
    Input: input,
    OrchestrationInstance: { InstanceId: instanceId, ExecutionId: executionId },
    ParentInstance: {
      Name: parent.Name,
      Version: parent.Version,
      OrchestrationInstance: parent.OrchestrationInstance,
      TaskScheduleId: id,
    },
    ScheduledStartTime: null,
  };
  return { instanceId, executionId: null, visibleAt: 0, event };
}

/** Tells the parent, if there is one, how its sub-orchestration ended. */
function parentMessages(completion: Completion, started: ExecutionStarted, now: Date): NewMessage[] {
  const parent = started.ParentInstance;
  if (parent === null) return [];
  const answer = { ...outside(now), TaskScheduledId: parent.TaskScheduleId };
  const { status, result, details, failureDetails } = completion;
  const event: HistoryEvent =
    status === 'Completed'
      ? { ...answer, EventType: EVENT.subOrchestrationCompleted, Result: result }
      : {
          ...answer,
          EventType: EVENT.subOrchestrationFailed,
          Reason: result,
          Details: details,
          FailureDetails: failureDetails,
        };
  const { InstanceId, ExecutionId } = parent.OrchestrationInstance;
  return [{ instanceId: InstanceId, executionId: ExecutionId, visibleAt: 0, event }];
}

function outside(now: Date): { EventId: number; IsPlayed: boolean; Timestamp: string } {
  return { EventId: -1, IsPlayed: false, Timestamp: now.toISOString() };
}

/** Timers may be set far beyond what a date can be; they then never fire. */
function toIso(time: number): string {
  return new Date(Math.min(time, LATEST)).toISOString();
}

/** The end of the year 9999, .NET's last moment. */
const LATEST = 253_402_300_799_999;
