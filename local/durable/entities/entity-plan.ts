import {
  continueTo,
  parseEntityId,
  RELEASE_EVENT,
  releaseMessage,
  REQUEST_EVENT,
  requestMessage,
  requestTo,
  type RequestMessage,
} from './entity-messages.ts';
import type { EntityPlan, EntityTurnOptions } from './entity-turn-types.ts';
import { EVENT, type EventRaised } from '../history.ts';
import type { ClaimedTurn, NewMessage } from '../instance.ts';
import { parseSchedulerState, type SchedulerState } from './scheduler-state.ts';

/** A request that is due within so many milliseconds is not early. */
const EARLY_MS = 100;

/**
 * Sorts an entity's messages: requests join the queue, those of the lock's owner at its head; then as many as may run
 * are taken from it, up to a request for the lock.
 * @param now milliseconds since 1970
 * @throws Error where the instance is no entity or its messages are none of the hub's
 */
export function planEntityTurn(claimed: ClaimedTurn, now: number, options: EntityTurnOptions): EntityPlan {
  const { instance, messages } = claimed;
  const entity = parseEntityId(instance.instanceId);
  if (entity === undefined) throw new Error(`"${instance.instanceId}" is no entity's id.`);
  const state = parseSchedulerState(instance.input);
  let { lockedBy } = state;
  const queue: RequestMessage[] = [...(state.queue ?? [])];
  const ofOwner: RequestMessage[] = [];
  const again: NewMessage[] = [];
  for (const { event } of messages) {
    if (event.EventType !== EVENT.eventRaised) continue;
    if (event.Name === RELEASE_EVENT) {
      if (releaseMessage.parse(content(event)).parent === lockedBy) lockedBy = undefined;
    } else if (event.Name.startsWith(REQUEST_EVENT)) {
      const request = requestMessage.parse(content(event));
      if (request.due !== undefined && Date.parse(request.due) - now > EARLY_MS) {
        again.push(requestTo(entity, request, now));
      } else if (lockedBy !== undefined && request.parent === lockedBy) {
        ofOwner.push(request);
      } else {
        queue.push(request);
      }
    }
  }
  queue.unshift(...ofOwner);
  const taken = takeBatch(queue, lockedBy, options.maximumBatchSize ?? Number.POSITIVE_INFINITY);
  if (taken.more) again.push(continueTo(entity, now));
  return {
    claimed,
    entity,
    state: withoutDefaults({ ...state, queue, lockedBy }),
    batch: taken.batch,
    lock: taken.lock,
    again,
  };
}

function content(event: EventRaised): unknown {
  const value: unknown = JSON.parse(event.Input ?? 'null');
  return value;
}

/** Takes from the queue's head what may run. `more`: the batch is full and the next one may run too. */
function takeBatch(queue: RequestMessage[], lockedBy: string | undefined, most: number) {
  const batch: RequestMessage[] = [];
  for (;;) {
    const next = queue[0];
    if (next === undefined || (lockedBy !== undefined && next.parent !== lockedBy)) {
      return { batch, lock: undefined, more: false };
    }
    if (batch.length >= most) return { batch, lock: undefined, more: true };
    queue.shift();
    if (next.lockset !== undefined) return { batch, lock: next, more: false };
    batch.push(next);
  }
}

/** Leaves out what is as in the beginning: the state is written at every turn. */
export function withoutDefaults({
  exists,
  state,
  queue,
  lockedBy,
}: {
  readonly [Key in keyof SchedulerState]: SchedulerState[Key] | undefined;
}): SchedulerState {
  return {
    ...(exists === true ? { exists } : {}),
    ...(typeof state === 'string' ? { state } : {}),
    ...(queue === undefined || queue.length === 0 ? {} : { queue }),
    ...(lockedBy === undefined ? {} : { lockedBy }),
  };
}
