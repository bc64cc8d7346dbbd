import type { HistoryEvent, ParentInstance, RuntimeStatus } from './history.ts';

/** What is known of an orchestration or entity beside its history. Times are milliseconds since 1970. */
export interface Instance {
  readonly instanceId: string;
  /** Changes with every continue-as-new. */
  readonly executionId: string;
  /** Entities are instances whose id begins with `@`. */
  readonly kind: 'orchestration' | 'entity';
  readonly name: string;
  readonly version: string;
  readonly status: RuntimeStatus;
  /** JSON text; of an entity its scheduler's state. */
  readonly input: string | null;
  /** JSON text; of a failed instance the reason as JSON text. */
  readonly output: string | null;
  /** JSON text. */
  readonly customStatus: string | null;
  readonly parent: ParentInstance | null;
  readonly createdAt: number;
  readonly updatedAt: number;
}

/** An event on its way to an instance. */
export interface NewMessage {
  readonly instanceId: string;
  /** Delivered only while the instance is in this execution; null: to whichever. */
  readonly executionId: string | null;
  /** Not delivered before; milliseconds since 1970, 0: at once. */
  readonly visibleAt: number;
  readonly event: HistoryEvent;
}

/** A message that waits in an instance's inbox. */
export interface InboxMessage {
  /** Its number in the hub: messages are delivered in this order once they are visible. */
  readonly sequence: number;
  readonly event: HistoryEvent;
}

/** An activity to run. Its result goes to the instance as a TaskCompleted or TaskFailed of this task id. */
export interface NewActivity {
  readonly taskId: number;
  readonly name: string;
  readonly version: string | null;
  /** JSON text of the one argument, as the worker gets it; null: none. */
  readonly input: string | null;
}

/** An instance that this host has for one turn: nobody else runs or changes it until the turn is committed or let go. */
export interface ClaimedTurn {
  readonly instance: Instance;
  readonly past: readonly HistoryEvent[];
  /** At least one, all visible, in order. */
  readonly messages: readonly InboxMessage[];
}

/** Everything that a turn changes, written in one transaction or not at all. */
export interface TurnOutcome {
  readonly instance: Instance;
  /** `append` keeps the past; `replace` forgets it, as continue-as-new does. */
  readonly history: { readonly mode: 'append' | 'replace'; readonly events: readonly HistoryEvent[] };
  readonly activities: readonly NewActivity[];
  readonly messages: readonly NewMessage[];
}

/** An activity that this host runs. */
export interface ClaimedActivity extends NewActivity {
  readonly sequence: number;
  readonly instanceId: string;
  readonly executionId: string;
  /** From 1; above 1 where a host died while it ran, or its outcome is unknown. */
  readonly attempt: number;
}
