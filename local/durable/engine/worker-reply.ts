import { z } from 'zod';
import type { WorkerAnswer } from './turn-types.ts';

/** What the actions in the worker's reply are. */
export const ACTION = {
  callActivity: 0,
  callActivityWithRetry: 1,
  callSubOrchestrator: 2,
  callSubOrchestratorWithRetry: 3,
  continueAsNew: 4,
  createTimer: 5,
  waitForExternalEvent: 6,
  callEntity: 7,
  callHttp: 8,
  signalEntity: 9,
  scheduledSignalEntity: 10,
  whenAny: 11,
  whenAll: 12,
  lockEntities: 13,
  releaseEntities: 14,
} as const;

const retryOptions = z.object({
  firstRetryIntervalInMilliseconds: z.number().positive(),
  maxNumberOfAttempts: z.number(),
  backoffCoefficient: z.number().optional(),
  maxRetryIntervalInMilliseconds: z.number().optional(),
  retryTimeoutInMilliseconds: z.number().optional(),
});

const called = { functionName: z.string(), input: z.unknown().optional() };
const subOrchestration = { ...called, instanceId: z.string().nullish(), version: z.string().nullish() };
const entityOperation = { instanceId: z.string(), operation: z.string(), input: z.unknown().optional() };
const moment = z.string().transform((text, context) => {
  const time = Date.parse(text);
  if (!Number.isNaN(time)) return time;
  context.addIssue({ code: 'custom', message: `"${text}" is no date` });
  return z.NEVER;
});

/** The request of a `callHttp`; members that are not looked at go to the activity as they are. */
const durableHttpRequest = z.looseObject({
  uri: z.string(),
  headers: z.record(z.string(), z.unknown()).nullish(),
  asynchronousPatternEnabled: z.boolean().default(true),
});
export type DurableHttpRequest = z.infer<typeof durableHttpRequest>;

const simpleAction = z.discriminatedUnion('actionType', [
  z.object({ actionType: z.literal(ACTION.callActivity), ...called }),
  z.object({ actionType: z.literal(ACTION.callActivityWithRetry), ...called, retryOptions }),
  z.object({ actionType: z.literal(ACTION.callSubOrchestrator), ...subOrchestration }),
  z.object({ actionType: z.literal(ACTION.callSubOrchestratorWithRetry), ...subOrchestration, retryOptions }),
  z.object({ actionType: z.literal(ACTION.continueAsNew), input: z.unknown().optional() }),
  z.object({
    actionType: z.literal(ACTION.createTimer),
    fireAt: moment,
    isCanceled: z.boolean().default(false),
  }),
  z.object({ actionType: z.literal(ACTION.waitForExternalEvent), externalEventName: z.string() }),
  z.object({ actionType: z.literal(ACTION.callEntity), ...entityOperation }),
  z.object({ actionType: z.literal(ACTION.callHttp), httpRequest: durableHttpRequest }),
  z.object({ actionType: z.literal(ACTION.signalEntity), ...entityOperation }),
  z.object({ actionType: z.literal(ACTION.scheduledSignalEntity), ...entityOperation, fireAt: moment }),
  z.object({
    actionType: z.literal(ACTION.lockEntities),
    lockSet: z.array(z.object({ name: z.string(), key: z.string() })),
  }),
  z.object({ actionType: z.literal(ACTION.releaseEntities) }),
]);

/** An action of the reply. Times are milliseconds since 1970. */
export type Action =
  | z.infer<typeof simpleAction>
  | {
      readonly actionType: typeof ACTION.whenAny | typeof ACTION.whenAll;
      readonly compoundActions: readonly Action[];
    };

const action: z.ZodType<Action> = z.union([
  simpleAction,
  z.object({
    actionType: z.union([z.literal(ACTION.whenAny), z.literal(ACTION.whenAll)]),
    get compoundActions(): z.ZodArray<z.ZodType<Action>> {
      return z.array(action);
    },
  }),
]);

const failureDetails = z.object({
  ErrorType: z.string(),
  ErrorMessage: z.string(),
  StackTrace: z.string().optional(),
  IsNonRetriable: z.boolean(),
  Properties: z.record(z.string(), z.unknown()).optional(),
  get InnerFailure() {
    return failureDetails.optional();
  },
});

/** The schemas whose actions come in one inner array: V2, V3, V4. */
const SCHEMA_VERSIONS = [1, 2, 3];

const orchestratorState = z.object({
  isDone: z.boolean(),
  actions: z.tuple([z.array(action)]).transform(([inner]) => inner),
  output: z.unknown().optional(),
  error: z.string().optional(),
  customStatus: z.unknown().optional(),
  schemaVersion: z.number().refine((version) => SCHEMA_VERSIONS.includes(version), 'is not supported'),
  failureDetails: failureDetails.optional(),
});

/** What the worker says of an execution: everything that the orchestrator has done since it began. */
export type OrchestratorState = z.infer<typeof orchestratorState>;

/** What there is to make of an invocation. */
export type WorkerReply =
  { readonly state: OrchestratorState } | { readonly problem: string; readonly details: string };

/** Comes before the state in the message of an error that the library throws. */
const STATE_LABEL = '\n\n$OutOfProcData$:';

/** Reads the worker's answer; one that cannot be read is a problem of the orchestrator. */
export function parseWorkerReply(answer: WorkerAnswer): WorkerReply {
  if (answer.kind === 'returned') return parseState(answer.value);
  const label = answer.message.indexOf(STATE_LABEL);
  if (label === -1) {
    const text = `Result: Failure\nException: ${answer.message}\nStack: ${answer.stack}`;
    return { problem: `One or more errors occurred. (${text})`, details: text };
  }
  return parseState(answer.message.slice(label + STATE_LABEL.length));
}

function parseState(value: unknown): WorkerReply {
  const parsed = orchestratorState.safeParse(typeof value === 'string' ? parseJson(value) : value);
  if (parsed.success) return { state: parsed.data };
  const problem = `Out of proc orchestrators must return a valid JSON schema:\n${z.prettifyError(parsed.error)}`;
  return { problem, details: '' };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
