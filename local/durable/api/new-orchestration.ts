import { EVENT, type ExecutionStarted } from '../history.ts';
import type { Instance, NewMessage } from '../instance.ts';

export interface OrchestrationStart {
  readonly instanceId: string;
  readonly executionId: string;
  readonly name: string;
  readonly version: string;
  /** JSON text. */
  readonly input: string | null;
  /** Milliseconds since 1970. */
  readonly now: number;
}

/** An orchestration that nobody has run yet, and the message that has it run. */
export function newOrchestration(start: OrchestrationStart): { instance: Instance; message: NewMessage } {
  const { instanceId, executionId, name, version, input, now } = start;
  const event: ExecutionStarted = {
    EventType: EVENT.executionStarted,
    EventId: -1,
    IsPlayed: false,
    Timestamp: new Date(now).toISOString(),
    Name: name,
    Version: version,
    Input: input,
    OrchestrationInstance: { InstanceId: instanceId, ExecutionId: executionId },
    ParentInstance: null,
    ScheduledStartTime: null,
  };
  return {
    instance: {
      instanceId,
      executionId,
      kind: 'orchestration',
      name,
      version,
      status: 'Pending',
      input,
      output: null,
      customStatus: null,
      parent: null,
      createdAt: now,
      updatedAt: now,
    },
    message: { instanceId, executionId: null, visibleAt: 0, event },
  };
}
