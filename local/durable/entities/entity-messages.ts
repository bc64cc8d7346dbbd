import { z } from 'zod';
import { EVENT, type EventRaised } from '../history.ts';
import type { NewMessage } from '../instance.ts';

/** Names an entity. Its instance's id is `@name@key`, with the name in lower case. */
export interface EntityId {
  readonly name: string;
  readonly key: string;
}

const entityId = z.object({ name: z.string(), key: z.string() });

/**
 * Asks an entity for an operation, or (with a `lockset`) for its lock: the input of an event named `op` or `op@time`.
 * Everything that goes from instance to instance is delivered once and in the order sent, so that the time stamps by
 * which Azure sorts requests (`Timestamp`, `Predecessor`) are neither written nor read.
 */
export const requestMessage = z.object({
  /** The operation; null for a lock. */
  op: z.string().nullable().optional(),
  /** Nobody waits for the answer. */
  signal: z.boolean().optional(),
  /** JSON text; absent: none. */
  input: z.string().nullable().optional(),
  /** A UUID: the name of the event that answers. */
  id: z.string(),
  /** The id of the instance that asks; absent for clients. */
  parent: z.string().optional(),
  /** The execution of it; absent for clients and entities. */
  parentExecution: z.string().optional(),
  /** Not before this moment: ISO 8601, UTC. */
  due: z.string().optional(),
  /** All entities to be locked, without repetition, in the order of `lockOrder`. */
  lockset: z.array(entityId).min(1).optional(),
  /** Which of `lockset` is asked now. */
  pos: z.number().int().nonnegative().optional(),
});
export type RequestMessage = z.infer<typeof requestMessage>;

/** Answers a request: the input of an event that the request's id names. */
export const responseMessage = z.object({
  /** JSON text, or a failure's text. */
  result: z.string().nullable(),
  /** Present where the operation failed. */
  exceptionType: z.string().optional(),
});
export type ResponseMessage = z.infer<typeof responseMessage>;

/** Gives a lock back: the input of an event named `release`. */
export const releaseMessage = z.object({
  /** The id of the instance that has the lock. */
  parent: z.string(),
  /** The lock request's id. */
  id: z.string(),
});
export type ReleaseMessage = z.infer<typeof releaseMessage>;

/** The event names of messages to entities. */
export const REQUEST_EVENT = 'op';
export const RELEASE_EVENT = 'release';
/** Has an entity go on with what waits in its queue. */
export const CONTINUE_EVENT = 'continue';

/** The name of the event that carries a request; one with a `due` time names it. */
export function requestEventName(request: RequestMessage): string {
  return request.due === undefined ? REQUEST_EVENT : `${REQUEST_EVENT}@${request.due}`;
}

/** The instance id of an entity. */
export function entityInstanceId(id: EntityId): string {
  return `@${id.name.toLowerCase()}@${id.key}`;
}

/** The entity of an instance id, the name in lower case; undefined where the id is none of an entity. */
export function parseEntityId(instanceId: string): EntityId | undefined {
  const second = instanceId.indexOf('@', 1);
  if (!instanceId.startsWith('@') || second < 2) return undefined;
  return { name: instanceId.slice(1, second).toLowerCase(), key: instanceId.slice(second + 1) };
}

/** Puts entities into the one order in which all orchestrations lock them, so that no two wait for each other. */
export function lockOrder(entities: readonly EntityId[]): EntityId[] {
  const byId = new Map(entities.map((id) => [entityInstanceId(id), id]));
  return [...byId]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([, { name, key }]) => ({ name: name.toLowerCase(), key }));
}

/** A request on its way to an entity. @param now milliseconds since 1970 */
export function requestTo(entity: EntityId, request: RequestMessage, now: number): NewMessage {
  const visibleAt = request.due === undefined ? 0 : Date.parse(request.due);
  return message(entityInstanceId(entity), null, requestEventName(request), request, visibleAt, now);
}

/** A lock on its way back to an entity. */
export function releaseTo(entity: EntityId, release: ReleaseMessage, now: number): NewMessage {
  return message(entityInstanceId(entity), null, RELEASE_EVENT, release, 0, now);
}

/** An answer on its way to the orchestration that asked; only its asking execution gets it. */
export function responseTo(
  caller: { readonly instanceId: string; readonly executionId: string | null },
  requestId: string,
  response: ResponseMessage,
  now: number,
): NewMessage {
  return message(caller.instanceId, caller.executionId, requestId, response, 0, now);
}

/** Has an entity go on in another turn. */
export function continueTo(entity: EntityId, now: number): NewMessage {
  return message(entityInstanceId(entity), null, CONTINUE_EVENT, null, 0, now);
}

function message(
  instanceId: string,
  executionId: string | null,
  name: string,
  content: RequestMessage | ReleaseMessage | ResponseMessage | null,
  visibleAt: number,
  now: number,
): NewMessage {
  const event: EventRaised = {
    EventType: EVENT.eventRaised,
    EventId: -1,
    IsPlayed: false,
    Timestamp: new Date(now).toISOString(),
    Name: name,
    Input: JSON.stringify(content),
  };
  return { instanceId, executionId, visibleAt, event };
}
