import { newOrchestration } from '../../../../../local/durable/api/new-orchestration.ts';
import { activityCompleted, activityFailed } from '../../../../../local/durable/engine/worker-messages.ts';
import { requestMessage, responseTo } from '../../../../../local/durable/entities/entity-messages.ts';
import { EVENT, type ExecutionStarted, type HistoryEvent } from '../../../../../local/durable/history.ts';
import type { Instance, NewActivity, NewMessage } from '../../../../../local/durable/instance.ts';

export type Activity = (input: unknown) => unknown;

export interface PendingActivity extends NewActivity {
  readonly instanceId: string;
  readonly executionId: string;
}

/** Runs an activity. @returns the message with its result, or with its error, to the execution that scheduled it */
export function activityAnswer(activity: PendingActivity, run: Activity, now: number): NewMessage {
  const { name, input, taskId, instanceId, executionId } = activity;
  const at = new Date(now);
  let event: HistoryEvent;
  try {
    event = activityCompleted(taskId, run(JSON.parse(input ?? 'null')), at);
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    event = activityFailed(taskId, name, { message: error.message, stack: error.stack ?? '' }, at);
  }
  return { instanceId, executionId, visibleAt: 0, event };
}

/** The answer of an entity to a call or a lock; there is none to a signal or a release. */
export function entityAnswer({ instanceId, event }: NewMessage, now: number): NewMessage | undefined {
  if (event.EventType !== EVENT.eventRaised || event.Name === 'release') return undefined;
  const request = requestMessage.parse(JSON.parse(event.Input ?? 'null'));
  if (request.signal === true || request.parent === undefined) return undefined;
  const caller = { instanceId: request.parent, executionId: request.parentExecution ?? null };
  const result = JSON.stringify(`${instanceId}.${request.op ?? 'lock'}`);
  return responseTo(caller, request.id, { result }, now);
}

/** The instance that a message with a start makes. */
export function pendingInstance(event: ExecutionStarted): Instance {
  const { InstanceId, ExecutionId } = event.OrchestrationInstance;
  const now = Date.parse(event.Timestamp);
  const start = {
    instanceId: InstanceId,
    executionId: ExecutionId,
    name: event.Name,
    version: event.Version,
    now,
  };
  return { ...newOrchestration({ ...start, input: event.Input }).instance, parent: event.ParentInstance };
}
