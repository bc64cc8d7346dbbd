import type { EntityId, RequestMessage } from './entity-messages.ts';
import type { ClaimedTurn, NewMessage, TurnOutcome } from '../instance.ts';
import type { SchedulerState } from './scheduler-state.ts';

export interface EntityTurnOptions {
  /** Operations that one run of the function gets; undefined: as many as wait. */
  readonly maximumBatchSize: number | undefined;
  /** A new UUID for a signal. */
  readonly newRequestId: () => string;
}

/** What an entity's turn comes to before its function runs. */
export interface EntityPlan {
  readonly claimed: ClaimedTurn;
  /** Its name is in lower case. */
  readonly entity: EntityId;
  /** After the messages of this turn; what the batch has is no longer in its queue. */
  readonly state: SchedulerState;
  /** Operations for the function, in order. */
  readonly batch: readonly RequestMessage[];
  /** A request for the lock, to be granted behind the batch. */
  readonly lock: RequestMessage | undefined;
  /** Messages that came too early, or have the entity go on in another turn. */
  readonly again: readonly NewMessage[];
}

/** A turn for which the entity's function has to be invoked. */
export interface EntityTurnToRun {
  readonly kind: 'invoke';
  /** The entity's name in lower case: that of its function in some case. */
  readonly functionName: string;
  /** The entity trigger's value: a JSON text. */
  readonly trigger: string;
  readonly plan: EntityPlan;
}

export type PreparedEntityTurn =
  | EntityTurnToRun
  /** Nothing to invoke: the outcome is to be committed. */
  | { readonly kind: 'settled'; readonly outcome: TurnOutcome };
