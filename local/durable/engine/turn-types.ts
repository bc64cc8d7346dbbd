import type { HistoryEvent } from '../history.ts';
import type { ClaimedTurn, TurnOutcome } from '../instance.ts';
import type { VersionFailureStrategy, VersionMatchStrategy } from './version-match.ts';

/** What the engine has to know of the app and of host.json. Names are the app's functions' names in any case. */
export interface TurnOptions {
  readonly hasOrchestrator: (name: string) => boolean;
  readonly hasActivity: (name: string) => boolean;
  readonly hasEntity: (name: string) => boolean;
  /** `durableTask.defaultVersion` of host.json; sub-orchestrations without a version of their own get it. */
  readonly defaultVersion: string | null;
  readonly versionMatchStrategy: VersionMatchStrategy;
  readonly versionFailureStrategy: VersionFailureStrategy;
  /** `durableTask.maxOrchestrationActions`: more actions in one execution fail. */
  readonly maxOrchestrationActions: number;
  /** Milliseconds; 3 days on Azure. */
  readonly longRunningTimerInterval: number;
  /** Milliseconds; 6 days on Azure. A timer beyond it becomes several timers. */
  readonly maximumShortTimer: number;
  /** Milliseconds between two polls of a 202 answer in callHttp; 30,000 on Azure. */
  readonly httpPollInterval: number;
  /** A new id of an execution: 32 lower-case hex digits, never given out before. */
  readonly newExecutionId: () => string;
}

/** A turn for which the orchestrator's function has to be invoked. */
export interface TurnToRun {
  readonly kind: 'invoke';
  /** The orchestrator's name as the instance has it. */
  readonly functionName: string;
  /** The orchestration trigger's value: a JSON text. */
  readonly trigger: string;
  readonly claimed: ClaimedTurn;
  /** The history before this turn; empty where a new execution begins. */
  readonly past: readonly HistoryEvent[];
  /** The events of this turn: OrchestratorStarted and those that arrived. */
  readonly news: readonly HistoryEvent[];
}

/** What to do with a claimed instance. */
export type PreparedTurn =
  | TurnToRun
  /** Nothing to invoke: the outcome is to be committed. */
  | { readonly kind: 'settled'; readonly outcome: TurnOutcome }
  /** This host may not run the instance's version: give the turn back, to be tried again later. */
  | { readonly kind: 'rejected'; readonly reason: string };

/** What came of the invocation. */
export type WorkerAnswer =
  /** The function returned; `value` is what it returned, parsed if it was JSON. */
  | { readonly kind: 'returned'; readonly value: unknown }
  /** The function threw; `message` is the whole of the error's message. */
  | { readonly kind: 'threw'; readonly message: string; readonly stack: string };

/** What a turn changes, and what a log should say of it. */
export interface RanTurn extends TurnOutcome {
  /** Mistakes of the app that Azure passes over in silence. */
  readonly warnings: readonly string[];
}
