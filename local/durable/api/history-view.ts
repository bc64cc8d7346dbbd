import { EVENT, type HistoryEvent, type TaskScheduled, type SubOrchestrationCreated } from '../history.ts';
import { parseLoosely } from './loose-json.ts';

export interface HistoryOptions {
  readonly showInput: boolean;
  /** Whether results are shown too. */
  readonly showOutput: boolean;
}

/** The names of the framework's event types by their numbers. */
const TYPE_NAMES: Readonly<Record<number, string>> = {
  [EVENT.executionStarted]: 'ExecutionStarted',
  [EVENT.executionCompleted]: 'ExecutionCompleted',
  [EVENT.executionTerminated]: 'ExecutionTerminated',
  [EVENT.taskScheduled]: 'TaskScheduled',
  [EVENT.taskCompleted]: 'TaskCompleted',
  [EVENT.taskFailed]: 'TaskFailed',
  [EVENT.subOrchestrationCreated]: 'SubOrchestrationInstanceCreated',
  [EVENT.subOrchestrationCompleted]: 'SubOrchestrationInstanceCompleted',
  [EVENT.subOrchestrationFailed]: 'SubOrchestrationInstanceFailed',
  [EVENT.timerCreated]: 'TimerCreated',
  [EVENT.timerFired]: 'TimerFired',
  [EVENT.orchestratorStarted]: 'OrchestratorStarted',
  [EVENT.orchestratorCompleted]: 'OrchestratorCompleted',
  [EVENT.eventSent]: 'EventSent',
  [EVENT.eventRaised]: 'EventRaised',
  [EVENT.continueAsNew]: 'ContinueAsNew',
  [EVENT.genericEvent]: 'GenericEvent',
  [EVENT.executionSuspended]: 'ExecutionSuspended',
  [EVENT.executionResumed]: 'ExecutionResumed',
};

/** Members that only the framework needs. */
const HIDDEN: Readonly<Record<number, readonly string[]>> = {
  [EVENT.executionStarted]: ['Name', 'OrchestrationInstance', 'ParentInstance', 'Version'],
  [EVENT.taskScheduled]: ['Version'],
  [EVENT.taskCompleted]: ['TaskScheduledId'],
  [EVENT.taskFailed]: ['TaskScheduledId'],
  [EVENT.subOrchestrationCreated]: ['Version'],
  [EVENT.subOrchestrationCompleted]: ['TaskScheduledId'],
  [EVENT.subOrchestrationFailed]: ['TaskScheduledId'],
  [EVENT.timerFired]: ['TimerId'],
};

type Scheduled = TaskScheduled | SubOrchestrationCreated;

/**
 * A history as the web API shows it: what was scheduled is told by the event that ended it, turns' beginnings and ends
 * are left out, and the numbers by which the events refer to each other too.
 */
export function historyView(
  events: readonly HistoryEvent[],
  options: HistoryOptions,
): Record<string, unknown>[] {
  const scheduled = new Map<string, Scheduled>();
  const told = new Set<HistoryEvent>();
  const views = new Map<HistoryEvent, Record<string, unknown>>();
  for (const event of events) {
    if (event.EventType === EVENT.orchestratorStarted || event.EventType === EVENT.orchestratorCompleted)
      continue;
    if (event.EventType === EVENT.taskScheduled || event.EventType === EVENT.subOrchestrationCreated) {
      scheduled.set(`${String(event.EventType)}/${String(event.EventId)}`, event);
    }
    const cause = causeOf(event, scheduled);
    if (cause !== undefined) told.add(cause);
    views.set(event, eventView(event, cause, options));
  }
  return [...views].filter(([event]) => !told.has(event)).map(([, view]) => view);
}

/** What scheduled the task or sub-orchestration that an event ended. */
function causeOf(event: HistoryEvent, scheduled: ReadonlyMap<string, Scheduled>): Scheduled | undefined {
  if (!('TaskScheduledId' in event)) return undefined;
  const ofTask = event.EventType === EVENT.taskCompleted || event.EventType === EVENT.taskFailed;
  const type = ofTask ? EVENT.taskScheduled : EVENT.subOrchestrationCreated;
  return scheduled.get(`${String(type)}/${String(event.TaskScheduledId)}`);
}

function eventView(
  event: HistoryEvent,
  cause: Scheduled | undefined,
  { showInput, showOutput }: HistoryOptions,
): Record<string, unknown> {
  const view: Record<string, unknown> = { ...event, EventType: TYPE_NAMES[event.EventType] };
  if (cause !== undefined) {
    view['ScheduledTime'] = cause.Timestamp;
    view['FunctionName'] = cause.Name;
    view['Input'] = cause.Input;
  }
  if (event.EventType === EVENT.executionStarted) view['FunctionName'] = event.Name;
  if ('Result' in event) view['Result'] = parseLoosely(event.Result);
  const hidden = new Set([
    'EventId',
    'IsPlayed',
    ...(HIDDEN[event.EventType] ?? []),
    ...(showInput ? [] : ['Input']),
    ...(showOutput ? [] : ['Result']),
  ]);
  return Object.fromEntries(Object.entries(view).filter(([name]) => !hidden.has(name)));
}
