import { z } from 'zod';
import {
  EVENT,
  type FailureDetails,
  type HistoryEvent,
  type TaskCompleted,
  type TaskFailed,
} from '../history.ts';
import type { TurnOptions } from './turn-types.ts';

/** What the orchestration trigger says beside the history. */
export interface TriggerInstance {
  readonly instanceId: string;
  readonly parentInstanceId: string | null;
  /** JSON text. */
  readonly input: string | null;
  /** Whether the execution has had a turn before. */
  readonly isReplaying: boolean;
}

/** The highest schema that libraries of old know, and that of critical sections (V4). */
const UPPER_SCHEMA_VERSION = 1;
const UPPER_SCHEMA_VERSION_NEW = 3;

/** The value of the orchestration trigger, a JSON text as the extension gives it to the worker. */
export function orchestrationTrigger(
  history: readonly HistoryEvent[],
  instance: TriggerInstance,
  options: TurnOptions,
): string {
  return JSON.stringify({
    history,
    input: instance.input === null ? null : parseJson(instance.input),
    instanceId: instance.instanceId,
    isReplaying: instance.isReplaying,
    parentInstanceId: instance.parentInstanceId,
    upperSchemaVersion: UPPER_SCHEMA_VERSION,
    upperSchemaVersionNew: UPPER_SCHEMA_VERSION_NEW,
    longRunningTimerIntervalDuration: timeSpan(options.longRunningTimerInterval),
    maximumShortTimerDuration: timeSpan(options.maximumShortTimer),
    defaultHttpAsyncRequestSleepTimeMillseconds: options.httpPollInterval,
  });
}

/**
 * The text that an activity's function gets as its trigger's value: .NET's text of a scalar, the JSON text of anything
 * else.
 * @param input JSON text of the argument; null: none
 * @returns null where there is no argument
 */
export function activityTrigger(input: string | null): string | null {
  if (input === null) return null;
  const value = parseJson(input);
  if (value === null || value === undefined) return null;
  if (typeof value === 'string') return value;
  if (typeof value === 'boolean') return value ? 'True' : 'False';
  return input;
}

/** @param value what the function returned */
export function activityCompleted(taskId: number, value: unknown, now: Date): TaskCompleted {
  return {
    EventType: EVENT.taskCompleted,
    EventId: -1,
    IsPlayed: false,
    Timestamp: now.toISOString(),
    TaskScheduledId: taskId,
    Result: value === undefined || value === null ? null : JSON.stringify(value),
  };
}

/** What the library throws for an error of which the app's exception-properties provider knows more. */
const thrownDetails = z.object({
  errorType: z.string(),
  errorMessage: z.string(),
  isNonRetriable: z.boolean(),
  properties: z.record(z.string(), z.unknown()),
  stackTrace: z.string().optional(),
});

/** @param error what the function threw: the whole of its message, and its stack */
export function activityFailed(
  taskId: number,
  name: string,
  error: { readonly message: string; readonly stack: string },
  now: Date,
): TaskFailed {
  const { data } = thrownDetails.safeParse(tryParseJson(error.message));
  // The host puts a space before the worker's message, and the extension leaves it there.
  const message = data?.errorMessage ?? ` ${error.message}`;
  const failureDetails: FailureDetails | null =
    data === undefined
      ? null
      : {
          ErrorType: data.errorType,
          ErrorMessage: data.errorMessage,
          ...(data.stackTrace === undefined ? {} : { StackTrace: data.stackTrace }),
          IsNonRetriable: data.isNonRetriable,
          Properties: data.properties,
        };
  const details = exceptionText(message, error);
  return taskFailed(taskId, `Activity function '${name}' failed: ${message}`, details, failureDetails, now);
}

/** The failure of an activity that the app no longer has. */
export function activityNotThere(taskId: number, name: string, now: Date): TaskFailed {
  const message = `Activity function '${name}' does not exist.`;
  const details = exceptionText(message, undefined);
  return taskFailed(taskId, `Activity function '${name}' failed: ${message}`, details, null, now);
}

function taskFailed(
  taskId: number,
  reason: string,
  details: string,
  failureDetails: FailureDetails | null,
  now: Date,
): TaskFailed {
  return {
    EventType: EVENT.taskFailed,
    EventId: -1,
    IsPlayed: false,
    Timestamp: now.toISOString(),
    TaskScheduledId: taskId,
    Reason: reason,
    Details: details,
    FailureDetails: failureDetails,
  };
}

/** An exception as .NET writes it in JSON; of its many members those that say something. */
function exceptionText(
  message: string,
  inner: { readonly message: string; readonly stack: string } | undefined,
): string {
  return JSON.stringify({
    $type: 'System.Exception, System.Private.CoreLib',
    ClassName: 'System.Exception',
    Message: message,
    Data: null,
    InnerException:
      inner === undefined
        ? null
        : {
            $type: 'Microsoft.Azure.WebJobs.Script.Workers.Rpc.RpcException, Microsoft.Azure.WebJobs.Script',
            RemoteMessage: inner.message,
            RemoteStackTrace: inner.stack,
            Message: `Result: Failure\nException: ${inner.message}\nStack: ${inner.stack}`,
          },
    StackTraceString: null,
  });
}

/** A duration in .NET's constant format: `3.00:00:00`. @param milliseconds not negative */
function timeSpan(milliseconds: number): string {
  const seconds = Math.floor(milliseconds / 1_000);
  const days = Math.floor(seconds / 86_400);
  const clock = [Math.floor(seconds / 3_600) % 24, Math.floor(seconds / 60) % 60, seconds % 60]
    .map((part) => String(part).padStart(2, '0'))
    .join(':');
  const fraction = milliseconds % 1_000;
  const ticks = fraction === 0 ? '' : `.${String(fraction).padStart(3, '0')}0000`;
  return `${days === 0 ? '' : `${String(days)}.`}${clock}${ticks}`;
}

function parseJson(text: string): unknown {
  return JSON.parse(text);
}

function tryParseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
