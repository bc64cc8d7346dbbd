import { createRequire } from 'node:module';
import { DummyEntityContext, type EntityHandler } from 'durable-functions';
import { z } from 'zod';
import {
  entityInstanceId,
  requestMessage,
  responseMessage,
  type EntityId,
  type RequestMessage,
  type ResponseMessage,
} from '../../../../../local/durable/entities/entity-messages.ts';
import { prepareEntityTurn, runEntityTurn } from '../../../../../local/durable/entities/entity-turn.ts';
import type { EntityTurnOptions } from '../../../../../local/durable/entities/entity-turn-types.ts';
import type {
  ClaimedTurn,
  Instance,
  NewMessage,
  TurnOutcome,
} from '../../../../../local/durable/instance.ts';

const require = createRequire(import.meta.url);
const { createEntityFunction } = z
  .object({
    createEntityFunction: z.custom<
      (handler: EntityHandler<unknown>) => (trigger: unknown, context: unknown) => Promise<unknown>
    >((value) => typeof value === 'function'),
  })
  .parse(require('durable-functions/lib/src/util/testingUtils.js'));

let ids = 0;
const uuid = (): string => {
  ids += 1;
  return `00000000-0000-4000-8000-${String(ids).padStart(12, '0')}`;
};

/** An instance of an entity that nobody has asked for anything. */
export function entityInstance(entity: EntityId): Instance {
  const instanceId = entityInstanceId(entity);
  return {
    instanceId,
    executionId: 'e1',
    kind: 'entity',
    name: instanceId,
    version: '',
    status: 'Running',
    input: null,
    output: null,
    customStatus: null,
    parent: null,
    createdAt: 0,
    updatedAt: 0,
  };
}

/** An operation that an orchestration calls. */
export function call(op: string, input?: unknown, parent = 'caller'): RequestMessage {
  const request = { op, id: uuid(), parent, parentExecution: `${parent}-1` };
  return input === undefined ? request : { ...request, input: JSON.stringify(input) };
}

export function signal(op: string, input?: unknown): RequestMessage {
  const request = { op, id: uuid(), signal: true };
  return input === undefined ? request : { ...request, input: JSON.stringify(input) };
}

export function lock(parent: string, lockset: EntityId[]): RequestMessage {
  return { op: null, id: uuid(), parent, parentExecution: `${parent}-1`, lockset };
}

/** The real library's function, as the host runs it: with JSON in and JSON out. */
export function workerOf(handler: EntityHandler<unknown>) {
  const run = createEntityFunction(handler);
  return async (trigger: string): Promise<unknown> => {
    const context = new DummyEntityContext('counter', 'i', () => undefined);
    const value: unknown = JSON.parse(JSON.stringify(await run(JSON.parse(trigger), context)));
    return value;
  };
}

export const options: EntityTurnOptions = { maximumBatchSize: undefined, newRequestId: uuid };

/** A turn of an entity with messages, and what came of it. */
export async function turn(
  instance: Instance,
  messages: readonly NewMessage[],
  worker: (trigger: string) => Promise<unknown>,
  now = 1_000_000,
  turnOptions = options,
): Promise<TurnOutcome> {
  const claimed: ClaimedTurn = {
    instance,
    past: [],
    messages: messages.map(({ event }, index) => ({ sequence: index + 1, event })),
  };
  const prepared = prepareEntityTurn(claimed, new Date(now), turnOptions);
  if (prepared.kind === 'settled') return prepared.outcome;
  const value = await worker(prepared.trigger);
  return runEntityTurn(prepared, { kind: 'returned', value }, new Date(now), turnOptions);
}

/** What a message says to an orchestration: the request that it answers, and the answer. */
export function answerOf(message: NewMessage): { to: string; request: string; response: ResponseMessage } {
  const { Name, Input } = eventOf(message);
  return { to: message.instanceId, request: Name, response: responseMessage.parse(JSON.parse(Input ?? '')) };
}

export function requestOf(message: NewMessage): RequestMessage {
  return requestMessage.parse(JSON.parse(eventOf(message).Input ?? ''));
}

function eventOf({ event }: NewMessage) {
  if (!('Name' in event && 'Input' in event)) throw new Error('no event with a name');
  return event;
}
