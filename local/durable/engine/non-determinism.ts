import type { Decision } from './decision.ts';
import {
  EVENT,
  type EventSent,
  type SubOrchestrationCreated,
  type TaskScheduled,
  type TimerCreated,
} from '../history.ts';

/** An event that says what an earlier turn decided. */
export type DecidedEvent = TaskScheduled | TimerCreated | SubOrchestrationCreated | EventSent;

/** The orchestrator decided otherwise than in an earlier turn. The messages are the framework's. */
export class NonDeterminismError extends Error {
  constructor(what: string) {
    super(`Non-Deterministic workflow detected: ${what}`);
    this.name = 'NonDeterminismError';
  }
}

const KIND_OF = {
  [EVENT.taskScheduled]: 'activity',
  [EVENT.timerCreated]: 'timer',
  [EVENT.subOrchestrationCreated]: 'subOrchestration',
  [EVENT.eventSent]: 'event',
} as const;

/** What the framework's messages call a decision. */
const ACTION_NAME = {
  activity: 'ScheduleTaskOrchestratorAction',
  timer: 'CreateTimerOrchestratorAction',
  subOrchestration: 'CreateSubOrchestrationAction',
  event: 'SendEventOrchestratorAction',
  complete: 'OrchestrationCompleteOrchestratorAction',
} as const;

const CHANGED_QUESTION =
  'Was a change made to the orchestrator code after this instance had already started running?';

/**
 * Compares what an earlier turn decided with what the orchestrator decided now: the kind, and (in any case) the name.
 * Neither inputs nor times are compared.
 * @param now the decision of the same number, if there is one
 * @throws NonDeterminismError
 */
export function checkDecision(event: DecidedEvent, now: Decision | undefined): void {
  const difference = differenceFrom(event, now);
  if (difference === undefined) return;
  throw new NonDeterminismError(`${describe(event)}, but the current ${difference} ${CHANGED_QUESTION}`);
}

function differenceFrom(event: DecidedEvent, now: Decision | undefined): string | undefined {
  if (now === undefined) return "replay execution hasn't (yet?) scheduled this task.";
  if (now.kind !== KIND_OF[event.EventType]) {
    return `orchestration replay instead produced a ${ACTION_NAME[now.kind]} action with this sequence number.`;
  }
  if (event.EventType === EVENT.timerCreated || !('name' in now)) return undefined;
  if (event.Name.toLowerCase() === now.name.toLowerCase()) return undefined;
  return `orchestration replay instead scheduled '${now.name}' with this sequence number.`;
}

function describe(event: DecidedEvent): string {
  const number = `with sequence ID ${String(event.EventId)}`;
  const what = {
    [EVENT.taskScheduled]: 'an activity task',
    [EVENT.timerCreated]: 'a timer task',
    [EVENT.subOrchestrationCreated]: 'a sub-orchestration task',
    [EVENT.eventSent]: 'a send event task',
  }[event.EventType];
  const name =
    event.EventType === EVENT.timerCreated
      ? ''
      : ` and name '${event.Name}'${'Version' in event ? ` (version '${event.Version ?? ''}')` : ''}`;
  return `A previous execution of this orchestration scheduled ${what} ${number}${name}`;
}
