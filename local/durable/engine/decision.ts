import type { EventRaised, FailureDetails } from '../history.ts';

/** How an execution ends. Texts are JSON texts, except those of failures and terminations. */
export interface Completion {
  readonly status: 'Completed' | 'ContinuedAsNew' | 'Failed' | 'Terminated';
  /** The output, the next execution's input, the failure's message, or the reason for the termination. */
  readonly result: string | null;
  readonly details: string | null;
  readonly failureDetails: FailureDetails | null;
  /** Events that came after continue-as-new; the next execution gets them. */
  readonly carryover: readonly EventRaised[];
}

/** Something that a turn wants done. `id` numbers what an execution wants, from 0; history names it `EventId`. */
export type Decision =
  | {
      readonly kind: 'activity';
      readonly id: number;
      readonly name: string;
      readonly version: string;
      /** JSON text of the argument. */
      readonly input: string;
    }
  /** Milliseconds since 1970. */
  | { readonly kind: 'timer'; readonly id: number; readonly fireAt: number }
  | {
      readonly kind: 'subOrchestration';
      readonly id: number;
      readonly name: string;
      readonly version: string;
      readonly instanceId: string;
      readonly input: string;
    }
  | {
      readonly kind: 'event';
      readonly id: number;
      readonly instanceId: string;
      readonly name: string;
      readonly input: string;
      /** Milliseconds since 1970; 0: at once. */
      readonly visibleAt: number;
    }
  | { readonly kind: 'complete'; readonly id: number; readonly completion: Completion };
