import { describe, expect, it } from 'vitest';
import { EVENT, type HistoryEvent } from '../../../local/durable/history.ts';
import { faultsOfHistory } from '../../../tools/crash-history.ts';

const at = (second: number) => new Date(Date.UTC(2026, 0, 1, 0, 0, second)).toISOString();
const common = (second: number, EventId = -1) => ({ EventId, IsPlayed: false, Timestamp: at(second) });

const turnStarted = (second: number): HistoryEvent => ({
  EventType: EVENT.orchestratorStarted,
  ...common(second),
});
const turnCompleted = (second: number): HistoryEvent => ({
  EventType: EVENT.orchestratorCompleted,
  ...common(second),
});
const executionStarted: HistoryEvent = {
  EventType: EVENT.executionStarted,
  ...common(0),
  Name: 'chain',
  Version: '1.0.0',
  Input: null,
  OrchestrationInstance: { InstanceId: 'one', ExecutionId: 'first' },
  ParentInstance: null,
  ScheduledStartTime: null,
};
const scheduled = (EventId: number): HistoryEvent => ({
  EventType: EVENT.taskScheduled,
  ...common(0, EventId),
  Name: 'step',
  Version: null,
  Input: null,
});
const answered = (TaskScheduledId: number): HistoryEvent => ({
  EventType: EVENT.taskCompleted,
  ...common(1),
  TaskScheduledId,
  Result: '1',
});
const timer = (EventId: number): HistoryEvent => ({
  EventType: EVENT.timerCreated,
  ...common(0, EventId),
  FireAt: at(1),
});
const fired = (TimerId: number, second = 1): HistoryEvent => ({
  EventType: EVENT.timerFired,
  ...common(second),
  TimerId,
  FireAt: at(1),
});
const raised = (number: number): HistoryEvent => ({
  EventType: EVENT.eventRaised,
  ...common(1),
  Name: 'event',
  Input: String(number),
});
const completed: HistoryEvent = {
  EventType: EVENT.executionCompleted,
  ...common(1),
  OrchestrationStatus: 'Completed',
  Result: null,
  FailureDetails: null,
};

const first = [turnStarted(0), executionStarted, scheduled(0), timer(1), turnCompleted(0)];
const second = [turnStarted(1), answered(0), fired(1), raised(7), completed, turnCompleted(1)];
const sound = [...first, ...second];
const sentOnce = new Map([[7, 1]]);

const without = (event: HistoryEvent) => sound.filter((one) => one !== event);
const with2 = (event: HistoryEvent) => sound.toSpliced(-2, 0, event);

describe('a history', () => {
  it('that is sound has no fault', () => {
    expect(faultsOfHistory(sound, sentOnce)).toEqual([]);
  });

  it('may leave a timer unfired, which lost against something else', () => {
    expect(faultsOfHistory(without(second[2] ?? completed), sentOnce)).toEqual([]);
  });

  it('may have an event as often as it was sent', () => {
    expect(faultsOfHistory(with2(raised(7)), new Map([[7, 2]]))).toEqual([]);
  });

  it.each([
    ['an activity that was answered twice', with2(answered(0)), 'task 0 was answered twice'],
    ['an answer to nothing', with2(answered(5)), 'task 5 was answered and never scheduled'],
    ['an activity without an answer', without(second[1] ?? completed), 'task 0 was never answered'],
    ['an activity that was scheduled twice', with2(scheduled(0)), 'task 0 was scheduled twice'],
    ['a timer that was created twice', with2(timer(1)), 'timer 1 was created twice'],
    ['a timer that was fired twice', with2(fired(1)), 'timer 1 was fired twice'],
    ['a timer that nobody created', with2(fired(9)), 'timer 9 was fired and never created'],
    ['an event that came twice', with2(raised(7)), 'event 7 came 2 times and was sent 1 times'],
    ['an event that nobody sent', with2(raised(8)), 'event 8 came 1 times and was sent 0 times'],
    ['an event that was lost', without(second[3] ?? completed), 'event 7 was lost'],
    ['two starts', with2(executionStarted), 'it was started 2 times'],
    ['no end', without(completed), 'it was completed 0 times'],
    ['a turn that has no end', without(first[4] ?? completed), 'the turns do not follow each other'],
  ])('with %s is at fault', (_what, history, fault) => {
    expect(faultsOfHistory(history, sentOnce)).toContain(fault);
  });

  it('with a timer that was fired early is at fault', () => {
    const early = sound.map((event) => (event === second[2] ? fired(1, 0) : event));
    expect(faultsOfHistory(early, sentOnce)).toContain('timer 1 was fired early');
  });
});
