import { EVENT, type HistoryEvent } from './history.ts';
import type { ClaimedTurn, TurnOutcome } from './instance.ts';

/** More actions of one turn than this are counted, not named. */
const MOST_NAMED = 5;

/**
 * A turn on one line: instance, version, what came in, what was decided. No inputs or outputs, which may be anybody's.
 * @param number of the turn, from 1
 */
export function describeOutcome(turn: ClaimedTurn, outcome: TurnOutcome, number: number): string {
  const { instance, messages } = turn;
  const version = instance.version === '' ? '' : `, version ${instance.version}`;
  const came = named(messages.map(({ event }) => describeArrival(event)));
  const decided = named([
    ...outcome.history.events.flatMap((event) => describeDecision(event)),
    ...(outcome.instance.executionId !== instance.executionId && instance.kind === 'orchestration'
      ? ['continues as new']
      : []),
    ...(outcome.instance.status === instance.status ? [] : [outcome.instance.status]),
  ]);
  return `Instance '${instance.instanceId}'${version}, turn ${String(number)}: ${came} → ${decided}`;
}

function named(parts: readonly string[]): string {
  if (parts.length === 0) return 'nothing';
  const rest = parts.length - MOST_NAMED;
  const shown = parts.slice(0, MOST_NAMED).join(', ');
  return rest > 0 ? `${shown} and ${String(rest)} more` : shown;
}

function describeArrival(event: HistoryEvent): string {
  const { EventType: type } = event;
  if (type === EVENT.executionStarted) return 'start';
  if (type === EVENT.taskCompleted) return `activity ${String(event.TaskScheduledId)} completed`;
  if (type === EVENT.taskFailed) return `activity ${String(event.TaskScheduledId)} failed`;
  if (type === EVENT.subOrchestrationCompleted) {
    return `sub-orchestration ${String(event.TaskScheduledId)} completed`;
  }
  if (type === EVENT.subOrchestrationFailed) {
    return `sub-orchestration ${String(event.TaskScheduledId)} failed`;
  }
  if (type === EVENT.timerFired) return `timer ${String(event.TimerId)} fired`;
  if (type === EVENT.eventRaised) return `event ${event.Name}`;
  if (type === EVENT.executionTerminated) return 'terminate';
  if (type === EVENT.executionSuspended) return 'suspend';
  if (type === EVENT.executionResumed) return 'resume';
  return `an event of type ${String(type)}`;
}

function describeDecision(event: HistoryEvent): string[] {
  const { EventType: type } = event;
  if (type === EVENT.taskScheduled) return [`activity ${String(event.EventId)} ${event.Name}`];
  if (type === EVENT.subOrchestrationCreated) {
    return [`sub-orchestration ${String(event.EventId)} ${event.Name} '${event.InstanceId}'`];
  }
  if (type === EVENT.timerCreated) return [`timer ${String(event.EventId)} until ${event.FireAt}`];
  if (type === EVENT.eventSent) {
    return [`event ${String(event.EventId)} ${event.Name} to '${event.InstanceId}'`];
  }
  return [];
}
