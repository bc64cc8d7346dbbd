import type { RuntimeStatus } from './history.ts';
import type { ClaimedActivity, ClaimedTurn, Instance, NewMessage, TurnOutcome } from './instance.ts';
import type { HistoryEvent } from './history.ts';

/** Which instances a listing or a purge is about. Absent members don't limit. Times are milliseconds since 1970. */
export interface InstanceFilter {
  readonly createdFrom?: number | undefined;
  readonly createdTo?: number | undefined;
  readonly statuses?: readonly RuntimeStatus[] | undefined;
  readonly instanceIdPrefix?: string | undefined;
  readonly kind?: 'orchestration' | 'entity' | undefined;
}

/**
 * The state of a task hub. Every method is one transaction: what it returned is on disk, and `kill -9` between two calls
 * loses and doubles nothing. All hosts of the app share one store; calls of several hosts are serialised by it.
 */
export interface HubStore {
  /** Adds an instance of status Pending and its start message. @returns false where one of that id exists (and stays) */
  create(instance: Instance, start: NewMessage): boolean;
  /** Forgets an instance that has ended, and adds a new one of the same id. @returns false where it has not ended */
  replaceEnded(instance: Instance, start: NewMessage): boolean;
  find(instanceId: string): Instance | undefined;
  /** The events in order; empty where there is no such instance. */
  history(instanceId: string): HistoryEvent[];
  /**
   * Lists in the order of the instance ids' UTF-8 bytes.
   * @param after the last id of the page before
   */
  list(filter: InstanceFilter, limit: number, after: string | undefined): Instance[];
  /**
   * Sends messages; those to an instance that has ended, does not exist or is in another execution are dropped. An
   * ExecutionStarted of another execution makes its instance, in place of one of that id, ended or not; an EventRaised
   * for an entity makes the entity. The messages of a turn's outcome are sent in the same way.
   */
  send(messages: readonly NewMessage[]): void;
  /**
   * Deletes an instance with its history. Activities that it left behind still run, as on Azure, for nobody.
   * @returns false where there is none, or it has not ended
   */
  purge(instanceId: string): boolean;
  /** Deletes ended instances. @returns how many */
  purgeAll(filter: InstanceFilter): number;

  /** Takes instances that have visible messages and that no living host has. */
  claimTurns(most: number, now: number): ClaimedTurn[];
  /**
   * Writes what a turn did and takes its messages away. Of an instance that ends, or goes on in another execution, the
   * messages that it can no longer get are dropped.
   * @param turn the very object that `claimTurns` gave
   * @returns false where this host no longer has the instance: then nothing was written
   */
  commitTurn(turn: ClaimedTurn, outcome: TurnOutcome): boolean;
  /** Gives an instance back unchanged; its messages are delivered again, not before `retryAt`. */
  abandonTurn(turn: ClaimedTurn, retryAt: number): void;

  /** Takes activities that no living host has, oldest first. */
  claimActivities(most: number): ClaimedActivity[];
  /**
   * Ends an activity and sends its result to its instance.
   * @param event a TaskCompleted or TaskFailed
   * @returns false where this host no longer has it: then nothing was written
   */
  completeActivity(activity: ClaimedActivity, event: HistoryEvent): boolean;
  abandonActivity(activity: ClaimedActivity): void;

  /** When the next instance becomes due that is not yet and that no host has; undefined: none waits. */
  nextVisibleAt(now: number): number | undefined;
}
