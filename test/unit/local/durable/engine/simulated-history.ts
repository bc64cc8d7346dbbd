import type { OrchestrationHandler } from 'durable-functions';
import type { Decision } from '../../../../../local/durable/engine/decision.ts';
import { replay } from '../../../../../local/durable/engine/replay.ts';
import type { TurnOptions } from '../../../../../local/durable/engine/turn-types.ts';
import { orchestrationTrigger } from '../../../../../local/durable/engine/worker-messages.ts';
import { parseWorkerReply } from '../../../../../local/durable/engine/worker-reply.ts';
import { EVENT, type HistoryEvent } from '../../../../../local/durable/history.ts';
import type { Instance } from '../../../../../local/durable/instance.ts';
import { invokeOrchestrator } from './worker-library.ts';

/** The events of one type. */
export function eventsOf<T extends HistoryEvent['EventType']>(history: readonly HistoryEvent[], type: T) {
  return history.filter(
    (event): event is Extract<HistoryEvent, { EventType: T }> => event.EventType === type,
  );
}

/** Replays the history of an instance that has ended. @returns what it still decides: its end, and nothing else */
export async function replayedDecisions(
  handler: OrchestrationHandler | undefined,
  { instanceId, name }: Instance,
  history: readonly HistoryEvent[],
  options: TurnOptions,
): Promise<readonly Decision[]> {
  const ended = history.findIndex(({ EventType }) => EventType === EVENT.executionCompleted);
  const lived = history.slice(0, ended);
  const started = history.find((event) => event.EventType === EVENT.executionStarted);
  if (started === undefined || handler === undefined) throw new Error(`${instanceId} has not run`);
  const trigger = orchestrationTrigger(
    lived,
    { instanceId, parentInstanceId: null, input: started.Input, isReplaying: true },
    options,
  );
  const reply = parseWorkerReply(await invokeOrchestrator(handler, trigger));
  const { InstanceId, ExecutionId } = started.OrchestrationInstance;
  const parentInstanceId = started.ParentInstance?.OrchestrationInstance.InstanceId;
  const execution = { name, instanceId: InstanceId, executionId: ExecutionId, parentInstanceId };
  return replay(execution, lived, reply, options).decisions;
}
