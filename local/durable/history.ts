/**
 * The events of an orchestration's history, as the Durable extension hands them to the worker: the classes of the
 * Durable Task Framework in JSON. `EventType` numbers and member names are those that `durable-functions` reads.
 */
export const EVENT = {
  executionStarted: 0,
  executionCompleted: 1,
  executionTerminated: 3,
  taskScheduled: 4,
  taskCompleted: 5,
  taskFailed: 6,
  subOrchestrationCreated: 7,
  subOrchestrationCompleted: 8,
  subOrchestrationFailed: 9,
  timerCreated: 10,
  timerFired: 11,
  orchestratorStarted: 12,
  orchestratorCompleted: 13,
  eventSent: 14,
  eventRaised: 15,
  continueAsNew: 16,
  genericEvent: 17,
  executionSuspended: 19,
  executionResumed: 20,
} as const;

interface Common {
  /** The number of the scheduled action that the event belongs to; -1 for events that answer one or come from outside. */
  readonly EventId: number;
  /** Whether the turn that it arrived in has ended. */
  readonly IsPlayed: boolean;
  /** ISO 8601, UTC. */
  readonly Timestamp: string;
}

/** The details of a failure in the shape that the worker understands. */
export interface FailureDetails {
  readonly ErrorType: string;
  readonly ErrorMessage: string;
  readonly StackTrace?: string | undefined;
  readonly IsNonRetriable: boolean;
  readonly Properties?: Readonly<Record<string, unknown>> | undefined;
  readonly InnerFailure?: FailureDetails | undefined;
}

/** Who started a sub-orchestration. */
export interface ParentInstance {
  readonly Name: string;
  readonly Version: string;
  readonly OrchestrationInstance: { readonly InstanceId: string; readonly ExecutionId: string };
  /** The number of the parent's action, which the answer names. */
  readonly TaskScheduleId: number;
}

export interface ExecutionStarted extends Common {
  readonly EventType: typeof EVENT.executionStarted;
  readonly Name: string;
  readonly Version: string;
  /** JSON text. */
  readonly Input: string | null;
  readonly OrchestrationInstance: { readonly InstanceId: string; readonly ExecutionId: string };
  readonly ParentInstance: ParentInstance | null;
  /** ISO 8601; null: at once. */
  readonly ScheduledStartTime: string | null;
  readonly ParentTraceContext?: unknown;
}

export interface ExecutionCompleted extends Common {
  readonly EventType: typeof EVENT.executionCompleted;
  readonly OrchestrationStatus: RuntimeStatus;
  /** JSON text. */
  readonly Result: string | null;
  readonly FailureDetails: FailureDetails | null;
}

export interface ExecutionTerminated extends Common {
  readonly EventType: typeof EVENT.executionTerminated;
  readonly Input: string | null;
}

export interface TaskScheduled extends Common {
  readonly EventType: typeof EVENT.taskScheduled;
  readonly Name: string;
  readonly Version: string | null;
  /** JSON text of an array with the one argument, as the framework writes it. */
  readonly Input: string | null;
}

export interface TaskCompleted extends Common {
  readonly EventType: typeof EVENT.taskCompleted;
  readonly TaskScheduledId: number;
  /** JSON text. */
  readonly Result: string | null;
}

export interface TaskFailed extends Common {
  readonly EventType: typeof EVENT.taskFailed;
  readonly TaskScheduledId: number;
  readonly Reason: string;
  readonly Details: string;
  readonly FailureDetails: FailureDetails | null;
}

export interface SubOrchestrationCreated extends Common {
  readonly EventType: typeof EVENT.subOrchestrationCreated;
  readonly Name: string;
  readonly Version: string | null;
  readonly InstanceId: string;
  readonly Input: string | null;
}

export interface SubOrchestrationCompleted extends Common {
  readonly EventType: typeof EVENT.subOrchestrationCompleted;
  readonly TaskScheduledId: number;
  readonly Result: string | null;
}

export interface SubOrchestrationFailed extends Common {
  readonly EventType: typeof EVENT.subOrchestrationFailed;
  readonly TaskScheduledId: number;
  readonly Reason: string | null;
  /** Null where the sub-orchestration was terminated; the worker's library then fails. */
  readonly Details: string | null;
  readonly FailureDetails: FailureDetails | null;
}

export interface TimerCreated extends Common {
  readonly EventType: typeof EVENT.timerCreated;
  readonly FireAt: string;
}

export interface TimerFired extends Common {
  readonly EventType: typeof EVENT.timerFired;
  readonly TimerId: number;
  readonly FireAt: string;
}

export interface OrchestratorStarted extends Common {
  readonly EventType: typeof EVENT.orchestratorStarted;
}

export interface OrchestratorCompleted extends Common {
  readonly EventType: typeof EVENT.orchestratorCompleted;
}

export interface EventSent extends Common {
  readonly EventType: typeof EVENT.eventSent;
  readonly InstanceId: string;
  readonly Name: string;
  readonly Input: string | null;
}

export interface EventRaised extends Common {
  readonly EventType: typeof EVENT.eventRaised;
  readonly Name: string;
  /** JSON text. */
  readonly Input: string | null;
}

export interface ExecutionSuspended extends Common {
  readonly EventType: typeof EVENT.executionSuspended;
  readonly Reason: string | null;
}

export interface ExecutionResumed extends Common {
  readonly EventType: typeof EVENT.executionResumed;
  readonly Reason: string | null;
}

export type HistoryEvent =
  | ExecutionStarted
  | ExecutionCompleted
  | ExecutionTerminated
  | TaskScheduled
  | TaskCompleted
  | TaskFailed
  | SubOrchestrationCreated
  | SubOrchestrationCompleted
  | SubOrchestrationFailed
  | TimerCreated
  | TimerFired
  | OrchestratorStarted
  | OrchestratorCompleted
  | EventSent
  | EventRaised
  | ExecutionSuspended
  | ExecutionResumed;

/** The statuses that the extension's clients see. */
export const RUNTIME_STATUSES = [
  'Pending',
  'Running',
  'Completed',
  'ContinuedAsNew',
  'Failed',
  'Canceled',
  'Terminated',
  'Suspended',
] as const;
export type RuntimeStatus = (typeof RUNTIME_STATUSES)[number];

/** Whether nothing more happens to an instance of this status. */
export function hasEnded(status: RuntimeStatus): boolean {
  return status === 'Completed' || status === 'Failed' || status === 'Canceled' || status === 'Terminated';
}
