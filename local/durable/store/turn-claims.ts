import type { ActivityQueue } from './activity-queue.ts';
import { hasEnded, type HistoryEvent } from '../history.ts';
import type { HistoryTable } from './history-table.ts';
import type { Inbox, Taken } from './inbox.ts';
import type { ClaimedTurn, InboxMessage, Instance, TurnOutcome } from '../instance.ts';
import type { InstanceTable } from './instance-table.ts';
import type { MessageDelivery } from './message-delivery.ts';

/** A turn with the right to commit it. */
export class HeldTurn implements ClaimedTurn, Taken {
  readonly instance: Instance;
  readonly past: readonly HistoryEvent[];
  readonly messages: readonly InboxMessage[];
  readonly key: number;
  readonly claim: number;
  /** The time for which the messages are those that were visible. */
  readonly at: number;

  constructor(
    { key, claim }: Taken,
    at: number,
    instance: Instance,
    past: readonly HistoryEvent[],
    messages: readonly InboxMessage[],
  ) {
    this.instance = instance;
    this.past = past;
    this.messages = messages;
    this.key = key;
    this.claim = claim;
    this.at = at;
  }
}

/** Hands out turns and takes their outcomes. Every method has to run inside a transaction. */
export class TurnClaims {
  readonly #instances: InstanceTable;
  readonly #inbox: Inbox;
  readonly #history: HistoryTable;
  readonly #activities: ActivityQueue;
  readonly #delivery: MessageDelivery;

  constructor(
    instances: InstanceTable,
    inbox: Inbox,
    history: HistoryTable,
    activities: ActivityQueue,
    delivery: MessageDelivery,
  ) {
    this.#instances = instances;
    this.#inbox = inbox;
    this.#history = history;
    this.#activities = activities;
    this.#delivery = delivery;
  }

  claim(most: number, now: number, host: number): HeldTurn[] {
    return this.#inbox.take(most, now, host).flatMap((taken) => {
      const { key, claim } = taken;
      const messages = this.#inbox.visible(key, now);
      if (messages.length === 0) {
        // Another host, whose clock is ahead, has found it due.
        this.#inbox.release(key, 0);
        return [];
      }
      const past = this.#history.past(key, claim);
      return [new HeldTurn(taken, now, this.#instances.read(key), past, messages)];
    });
  }

  /** @returns false where the turn is no longer this host's: then nothing was changed */
  commit(turn: ClaimedTurn, { instance, history, activities, messages }: TurnOutcome): boolean {
    const held = heldTurn(turn);
    if (!this.#inbox.isTaken(held)) return false;
    const { key, claim } = held;
    this.#instances.update(key, held.instance, instance);
    if (history.mode === 'replace') this.#history.remove(key);
    this.#history.append(key, claim, history.mode === 'replace' ? [] : held.past, history.events);
    for (const activity of activities) {
      this.#activities.add(instance.instanceId, instance.executionId, activity);
    }
    if (hasEnded(instance.status)) {
      this.#history.forget(key);
      this.#inbox.close(key);
    } else {
      this.#inbox.remove(key, held.at, held.messages.at(-1)?.sequence ?? 0);
      if (instance.executionId !== held.instance.executionId) {
        this.#inbox.removeOther(key, instance.executionId);
      }
    }
    for (const message of messages) this.#delivery.deliver(message);
    this.#inbox.release(key, 0);
    return true;
  }

  abandon(turn: ClaimedTurn, retryAt: number): void {
    const held = heldTurn(turn);
    if (this.#inbox.isTaken(held)) this.#inbox.release(held.key, retryAt);
  }
}

function heldTurn(turn: ClaimedTurn): HeldTurn {
  if (!(turn instanceof HeldTurn))
    throw new TypeError('A turn is committed as it was claimed: the same object');
  return turn;
}
