import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { EVENT, type HistoryEvent, type RuntimeStatus } from '../../../../../local/durable/history.ts';
import type {
  ClaimedTurn,
  Instance,
  NewActivity,
  NewMessage,
  TurnOutcome,
} from '../../../../../local/durable/instance.ts';
import { SqliteStore } from '../../../../../local/durable/store/sqlite-store.ts';

export const AT = '2026-03-01T12:00:00.000Z';

/** The path of a hub in a folder that is gone after the test. */
export async function hubFile(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'hub-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true, maxRetries: 3 }));
  return join(folder, 'hub.db');
}

/** A store that does nothing by itself, closed after the test. */
export function openHub(file: string, now: () => number = Date.now): SqliteStore {
  const store = new SqliteStore({ file, background: false, now });
  onTestFinished(() => store.close());
  return store;
}

export function instance(instanceId: string, changes: Partial<Instance> = {}): Instance {
  return {
    instanceId,
    executionId: `${instanceId}/1`,
    kind: 'orchestration',
    name: 'Order',
    version: '1.0.0',
    status: 'Pending',
    input: '{"n":1}',
    output: null,
    customStatus: null,
    parent: null,
    createdAt: Date.parse(AT),
    updatedAt: Date.parse(AT),
    ...changes,
  };
}

export function start(of: Instance, visibleAt = 0): NewMessage {
  const { instanceId, executionId, name, version, input, parent } = of;
  const event: HistoryEvent = {
    EventType: EVENT.executionStarted,
    EventId: -1,
    IsPlayed: false,
    Timestamp: AT,
    Name: name,
    Version: version,
    Input: input,
    OrchestrationInstance: { InstanceId: instanceId, ExecutionId: executionId },
    ParentInstance: parent,
    ScheduledStartTime: null,
  };
  return { instanceId, executionId, visibleAt, event };
}

export function raised(name: string, input: string | null = null): HistoryEvent {
  return {
    EventType: EVENT.eventRaised,
    EventId: -1,
    IsPlayed: false,
    Timestamp: AT,
    Name: name,
    Input: input,
  };
}

export function completed(taskId: number, result: string | null = null): HistoryEvent {
  return {
    EventType: EVENT.taskCompleted,
    EventId: -1,
    IsPlayed: false,
    Timestamp: AT,
    TaskScheduledId: taskId,
    Result: result,
  };
}

/** An external event: for whichever execution. */
export function message(instanceId: string, name: string, more: Partial<NewMessage> = {}): NewMessage {
  return { instanceId, executionId: null, visibleAt: 0, event: raised(name), ...more };
}

export function activity(taskId: number, input: string | null = null): NewActivity {
  return { taskId, name: 'Charge', version: null, input };
}

/** An outcome that keeps the messages in history and changes nothing else. */
export function outcome(
  turn: ClaimedTurn,
  status: RuntimeStatus,
  more: Partial<TurnOutcome> = {},
): TurnOutcome {
  return {
    instance: { ...turn.instance, status },
    history: { mode: 'append', events: turn.messages.map(({ event }) => event) },
    activities: [],
    messages: [],
    ...more,
  };
}

/** The names of events; of others their numbers. */
export function names(events: readonly HistoryEvent[]): (string | number)[] {
  return events.map((event) => (event.EventType === EVENT.eventRaised ? event.Name : event.EventType));
}
