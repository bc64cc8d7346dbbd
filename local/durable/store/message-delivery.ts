import { randomBytes } from 'node:crypto';
import { EVENT, type ExecutionStarted } from '../history.ts';
import type { HistoryTable } from './history-table.ts';
import type { Inbox } from './inbox.ts';
import type { Instance, NewMessage } from '../instance.ts';
import type { InstanceTable } from './instance-table.ts';

/** Puts messages into inboxes, and makes the instances that messages make. */
export class MessageDelivery {
  readonly #instances: InstanceTable;
  readonly #inbox: Inbox;
  readonly #history: HistoryTable;

  constructor(instances: InstanceTable, inbox: Inbox, history: HistoryTable) {
    this.#instances = instances;
    this.#inbox = inbox;
    this.#history = history;
  }

  /** Adds an instance, of whose id there must be none. */
  start(instance: Instance, message: NewMessage): void {
    const key = this.#instances.add(instance);
    this.#inbox.open(key);
    this.#inbox.put(key, message);
  }

  /** Deletes an instance with its messages and its history. */
  forget(key: number): void {
    this.#inbox.close(key);
    this.#history.remove(key);
    this.#instances.remove(key);
  }

  /**
   * Delivers a message, or drops it where its instance does not exist, has ended, or is in another execution.
   *
   * The start of another execution makes the instance, and takes the place of one of that id. As on Azure that happens
   * even where it runs (`OrchestrationSessionManager.cs`: the start of a sub-orchestration is not checked for
   * duplicates, and its execution has no history yet). An event for an entity makes the entity (`Entities.cs`,
   * `AutoStart`).
   */
  deliver(message: NewMessage): void {
    const { instanceId, executionId, event } = message;
    const target = this.#instances.address(instanceId);
    if (event.EventType === EVENT.executionStarted) {
      if (target?.executionId !== event.OrchestrationInstance.ExecutionId) {
        if (target !== undefined) this.forget(target.key);
        this.start(startedInstance(instanceId, event), message);
        return;
      }
    } else if (target === undefined) {
      const autoStart = isEntity(instanceId) && executionId === null && event.EventType === EVENT.eventRaised;
      if (autoStart) this.start(newEntity(instanceId, Date.parse(event.Timestamp)), message);
      return;
    }
    if (target === undefined || !target.living) return;
    if (executionId !== null && executionId !== target.executionId) return;
    this.#inbox.put(target.key, message);
  }
}

function isEntity(instanceId: string): boolean {
  return instanceId.startsWith('@');
}

function startedInstance(instanceId: string, event: ExecutionStarted): Instance {
  const at = Date.parse(event.Timestamp);
  return {
    instanceId,
    executionId: event.OrchestrationInstance.ExecutionId,
    kind: isEntity(instanceId) ? 'entity' : 'orchestration',
    name: event.Name,
    version: event.Version,
    status: 'Pending',
    input: event.Input,
    output: null,
    customStatus: null,
    parent: event.ParentInstance,
    createdAt: at,
    updatedAt: at,
  };
}

function newEntity(instanceId: string, at: number): Instance {
  return {
    instanceId,
    executionId: randomBytes(16).toString('hex'),
    kind: 'entity',
    name: instanceId,
    version: '',
    status: 'Running',
    input: null,
    output: null,
    customStatus: null,
    parent: null,
    createdAt: at,
    updatedAt: at,
  };
}
