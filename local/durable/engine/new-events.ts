import { EVENT, hasEnded, type ExecutionStarted, type HistoryEvent } from '../history.ts';
import type { ClaimedTurn } from '../instance.ts';

/** What a claimed instance's messages mean. */
export type NewEvents =
  /** The instance goes on, or begins an execution: then `past` is empty and the history is written anew. */
  | {
      readonly kind: 'run';
      readonly started: ExecutionStarted;
      readonly past: readonly HistoryEvent[];
      readonly events: readonly HistoryEvent[];
    }
  /** It was terminated before it began. */
  | { readonly kind: 'terminated'; readonly reason: string | null }
  /** None of the messages is for this instance as it is now. */
  | { readonly kind: 'nothing' };

/**
 * Sorts out which messages become events of this turn. Dropped are those to an instance that has ended, further starts
 * of a running one, and answers that history has already. A start comes before everything else, then what
 * continue-as-new carried over (it waits in a history without a start), then the rest in order. Facts:
 * Azure/durabletask, `TaskOrchestrationDispatcher.cs`.
 */
export function findNewEvents({ instance, past, messages }: ClaimedTurn): NewEvents {
  const events = messages.map(({ event }) => event);
  if (hasEnded(instance.status)) {
    // A sub-orchestration may be started again under the id of one that has ended.
    const start = events.findIndex((event) => isStart(event) && executionOf(event) !== instance.executionId);
    return start === -1 ? { kind: 'nothing' } : begin([], events.slice(start));
  }
  const started = past.find(isStart);
  if (started === undefined) return begin(past, events);
  const fresh = events.filter((event) => !isStart(event));
  const answers = withoutRepetitions(past, fresh);
  return answers.length === 0 ? { kind: 'nothing' } : { kind: 'run', started, past, events: answers };
}

function begin(carried: readonly HistoryEvent[], events: readonly HistoryEvent[]): NewEvents {
  const started = events.find(isStart);
  if (started !== undefined) {
    const others = events.filter((event) => !isStart(event));
    return {
      kind: 'run',
      started,
      past: [],
      events: [started, ...carried, ...withoutRepetitions([], others)],
    };
  }
  const terminated = events.find((event) => event.EventType === EVENT.executionTerminated);
  return terminated === undefined ? { kind: 'nothing' } : { kind: 'terminated', reason: terminated.Input };
}

function isStart(event: HistoryEvent): event is ExecutionStarted {
  return event.EventType === EVENT.executionStarted;
}

function executionOf(event: ExecutionStarted): string {
  return event.OrchestrationInstance.ExecutionId;
}

function withoutRepetitions(past: readonly HistoryEvent[], events: readonly HistoryEvent[]): HistoryEvent[] {
  if (!events.some((event) => answeredId(event) !== undefined)) return [...events];
  const answered = new Set(past.map(answeredId));
  return events.filter((event) => {
    const id = answeredId(event);
    if (id === undefined) return true;
    if (answered.has(id)) return false;
    answered.add(id);
    return true;
  });
}

/** The number of the decision that an event answers. */
function answeredId(event: HistoryEvent): number | undefined {
  if ('TaskScheduledId' in event) return event.TaskScheduledId;
  return 'TimerId' in event ? event.TimerId : undefined;
}
