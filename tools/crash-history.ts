import { EVENT, type HistoryEvent } from '../local/durable/history.ts';

/** How often the test sent an event to an instance: more than once where an answer was lost with its host. */
export type SentEvents = ReadonlyMap<number, number>;

/**
 * What is wrong with the history of an orchestration that has completed: every activity and sub-orchestration answered
 * exactly once, no timer fired twice or early, no external event more often than it was sent.
 * @param events the stored history of the last execution, in order
 * @param sent the numbers of the external events that this execution was sent
 */
export function faultsOfHistory(events: readonly HistoryEvent[], sent: SentEvents): string[] {
  return [
    ...faultsOfTurns(events),
    ...faultsOfExecution(events),
    ...faultsOfTasks(events),
    ...faultsOfTimers(events),
    ...faultsOfEvents(events, sent),
  ];
}

const SCHEDULING: ReadonlySet<number> = new Set([EVENT.taskScheduled, EVENT.subOrchestrationCreated]);

function faultsOfTurns(events: readonly HistoryEvent[]): string[] {
  const turns = events.filter(
    ({ EventType }) => EventType === EVENT.orchestratorStarted || EventType === EVENT.orchestratorCompleted,
  );
  const alternate = turns.every(
    ({ EventType }, index) =>
      EventType === (index % 2 === 0 ? EVENT.orchestratorStarted : EVENT.orchestratorCompleted),
  );
  const whole = events[0] === turns[0] && events.at(-1) === turns.at(-1) && turns.length % 2 === 0;
  return alternate && whole ? [] : ['the turns do not follow each other'];
}

function faultsOfExecution(events: readonly HistoryEvent[]): string[] {
  const started = events.filter(({ EventType }) => EventType === EVENT.executionStarted).length;
  const completed = events.filter(({ EventType }) => EventType === EVENT.executionCompleted).length;
  return [
    ...(started === 1 ? [] : [`it was started ${started} times`]),
    ...(completed === 1 ? [] : [`it was completed ${completed} times`]),
  ];
}

function faultsOfTasks(events: readonly HistoryEvent[]): string[] {
  const scheduled = events.filter((event) => SCHEDULING.has(event.EventType)).map(({ EventId }) => EventId);
  const answered = events.flatMap((event) => ('TaskScheduledId' in event ? [event.TaskScheduledId] : []));
  return [
    ...repeated(scheduled).map((id) => `task ${id} was scheduled twice`),
    ...repeated(answered).map((id) => `task ${id} was answered twice`),
    ...scheduled.filter((id) => !answered.includes(id)).map((id) => `task ${id} was never answered`),
    ...answered
      .filter((id) => !scheduled.includes(id))
      .map((id) => `task ${id} was answered and never scheduled`),
  ];
}

/** A timer that lost against an event is never fired, which is right. */
function faultsOfTimers(events: readonly HistoryEvent[]): string[] {
  const created = events.filter((event) => event.EventType === EVENT.timerCreated);
  const fired = events.filter((event) => event.EventType === EVENT.timerFired);
  return [
    ...repeated(created.map(({ EventId }) => EventId)).map((id) => `timer ${id} was created twice`),
    ...repeated(fired.map(({ TimerId }) => TimerId)).map((id) => `timer ${id} was fired twice`),
    ...fired.flatMap(({ TimerId, Timestamp }) => {
      const timer = created.find(({ EventId }) => EventId === TimerId);
      if (timer === undefined) return [`timer ${TimerId} was fired and never created`];
      return Date.parse(Timestamp) < Date.parse(timer.FireAt) ? [`timer ${TimerId} was fired early`] : [];
    }),
  ];
}

function faultsOfEvents(events: readonly HistoryEvent[], sent: SentEvents): string[] {
  const raised = events.filter((event) => event.EventType === EVENT.eventRaised);
  const numbers = raised.filter(({ Name }) => Name === 'event').map(({ Input }) => Number(Input));
  const answers = raised.filter(({ Name }) => Name !== 'event').map(({ Name }) => Name);
  const counts = Map.groupBy(numbers, (number) => number);
  return [
    ...repeated(answers).map((id) => `an entity's answer ${id} came twice`),
    ...[...counts].flatMap(([number, { length }]) =>
      length > (sent.get(number) ?? 0)
        ? [`event ${number} came ${length} times and was sent ${sent.get(number) ?? 0} times`]
        : [],
    ),
    ...[...sent.keys()].filter((number) => !counts.has(number)).map((number) => `event ${number} was lost`),
  ];
}

function repeated<T>(values: readonly T[]): T[] {
  return [...new Set(values.filter((value, index) => values.indexOf(value) !== index))];
}
