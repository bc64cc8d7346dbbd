import type { DecisionContext } from './decision-context.ts';
import { deterministicGuid } from './deterministic-guid.ts';
import {
  entityInstanceId,
  lockOrder,
  RELEASE_EVENT,
  requestEventName,
  type EntityId,
  type ReleaseMessage,
  type RequestMessage,
} from '../entities/entity-messages.ts';
import type { ExternalEvents } from './external-events.ts';
import { Task } from './task.ts';

/** What an operation is asked for. */
export interface EntityOperation {
  readonly entity: EntityId;
  readonly operation: string;
  /** JSON text. */
  readonly input: string | undefined;
}

/**
 * The messages of one execution to entities, and the locks that it holds. Facts: Azure/azure-functions-durable-extension,
 * `DurableOrchestrationContext.cs`.
 */
export class EntityCalls {
  readonly #context: DecisionContext;
  readonly #events: ExternalEvents;
  #guids = 0;
  /** Entities whose lock is held and that no call is under way to; undefined: no locks are held. */
  #free: string[] | undefined;
  #lockRequest = '';

  constructor(context: DecisionContext, events: ExternalEvents) {
    this.#context = context;
    this.#events = events;
  }

  /** @returns a task whose result is the JSON text of a ResponseMessage */
  call({ entity, operation, input }: EntityOperation): Task {
    const target = entityInstanceId(entity);
    const free = this.#free;
    if (free !== undefined) {
      const index = free.indexOf(target);
      if (index === -1)
        return Task.failed('While holding locks, cannot call entities whose lock is not held.');
      free.splice(index, 1);
    }
    const id = this.#newGuid();
    this.#send(target, { ...this.#origin(id), op: operation, ...(input === undefined ? {} : { input }) });
    const response = this.#events.wait(id);
    if (free === undefined) return response;
    const result = new Task();
    response.onSettled((outcome) => {
      free.push(target);
      result.settle(outcome);
    });
    return result;
  }

  /**
   * @param due ISO 8601; undefined: at once
   * @throws Error where the entity's lock is held
   */
  signal({ entity, operation, input }: EntityOperation, due: string | undefined): void {
    const target = entityInstanceId(entity);
    if (this.#free?.includes(target) === true) {
      throw new Error('While holding locks, cannot signal entities whose lock is held.');
    }
    this.#send(target, {
      ...this.#origin(this.#newGuid()),
      op: operation,
      signal: true,
      ...(input === undefined ? {} : { input }),
      ...(due === undefined ? {} : { due }),
    });
  }

  /** Asks for the locks of entities; the first passes the request on to the second, and so on. */
  lock(entities: readonly EntityId[]): Task {
    if (this.#free !== undefined)
      return Task.failed('Cannot acquire more locks when already holding some locks.');
    const lockset = lockOrder(entities);
    const [first] = lockset;
    if (first === undefined) return Task.failed('The list of entities to lock must not be null or empty.');
    const id = this.#newGuid();
    this.#lockRequest = id;
    this.#send(entityInstanceId(first), { ...this.#origin(id), op: null, lockset });
    const result = new Task();
    this.#events.wait(id).onSettled((outcome) => {
      this.#free = lockset.map(entityInstanceId);
      result.settle(outcome);
    });
    return result;
  }

  /** Gives all locks back; nothing where none is held. */
  release(): void {
    const message: ReleaseMessage = { parent: this.#context.instanceId, id: this.#lockRequest };
    for (const target of this.#free ?? []) {
      this.#context.sendEvent(target, RELEASE_EVENT, JSON.stringify(message));
    }
    this.#free = undefined;
  }

  #origin(id: string): Pick<RequestMessage, 'id' | 'parent' | 'parentExecution'> {
    return { id, parent: this.#context.instanceId, parentExecution: this.#context.executionId };
  }

  #send(target: string, request: RequestMessage): void {
    const visibleAt = request.due === undefined ? 0 : Date.parse(request.due);
    this.#context.sendEvent(target, requestEventName(request), JSON.stringify(request), visibleAt);
  }

  #newGuid(): string {
    const number = this.#guids;
    this.#guids += 1;
    return deterministicGuid(this.#context.instanceId, this.#context.now, number);
  }
}
