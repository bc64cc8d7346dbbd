import { z } from 'zod';
import {
  requestTo,
  responseTo,
  type EntityId,
  type RequestMessage,
  type ResponseMessage,
} from './entity-messages.ts';
import { planEntityTurn, withoutDefaults } from './entity-plan.ts';
import type {
  EntityPlan,
  EntityTurnOptions,
  EntityTurnToRun,
  PreparedEntityTurn,
} from './entity-turn-types.ts';
import type { ClaimedTurn, NewMessage, TurnOutcome } from '../instance.ts';
import { entityStatus, type SchedulerState } from './scheduler-state.ts';
import type { WorkerAnswer } from '../engine/turn-types.ts';

/** What the library's entity function returns after a batch. */
const batchResult = z.object({
  entityExists: z.boolean(),
  /** JSON text. */
  entityState: z.string().nullish(),
  /** One for each operation. */
  results: z.array(z.object({ isError: z.boolean(), result: z.string().nullish() })),
  signals: z.array(
    z.object({
      target: z.object({ name: z.string().min(1), key: z.string() }),
      name: z.string(),
      input: z.string().nullish(),
    }),
  ),
});
type BatchResult = z.infer<typeof batchResult>;

/**
 * Decides what to do with a claimed entity: invoke its function for the operations that may run (then call
 * `runEntityTurn`), or commit an outcome that needs no invocation.
 */
export function prepareEntityTurn(
  claimed: ClaimedTurn,
  now: Date,
  options: EntityTurnOptions,
): PreparedEntityTurn {
  const plan = planEntityTurn(claimed, now.getTime(), options);
  if (plan.batch.length === 0) {
    return { kind: 'settled', outcome: settle(plan, plan.state, [], now.getTime()) };
  }
  const trigger = JSON.stringify({
    self: plan.entity,
    exists: plan.state.exists ?? false,
    state: plan.state.state ?? null,
    batch: plan.batch.map(({ op, input, signal }) => ({
      name: op ?? null,
      input: input ?? null,
      isSignal: signal ?? false,
    })),
  });
  return { kind: 'invoke', functionName: plan.entity.name, trigger, plan };
}

/**
 * Works out everything that a turn changes from what the entity's function answered. An operation that fails is an
 * error in the answer; the state is kept as the function left it.
 * @throws Error where the function as a whole failed: then the turn is to be given back and runs again, as on Azure
 */
export function runEntityTurn(
  { plan }: EntityTurnToRun,
  answer: WorkerAnswer,
  now: Date,
  options: EntityTurnOptions,
): TurnOutcome {
  const { instanceId } = plan.claimed.instance;
  if (answer.kind === 'threw') throw new Error(`The entity "${instanceId}" failed: ${answer.message}`);
  const result = batchResult.safeParse(answer.value);
  if (!result.success) {
    throw new Error(`The entity "${instanceId}" returned no batch result:\n${z.prettifyError(result.error)}`);
  }
  const time = now.getTime();
  const responses = plan.batch.flatMap((request, index) =>
    respond(request, result.data, index, instanceId, time),
  );
  const signals = result.data.signals.map(({ target, name, input }) =>
    requestTo(
      target,
      {
        op: name,
        signal: true,
        id: options.newRequestId(),
        parent: instanceId,
        ...(typeof input === 'string' ? { input } : {}),
      },
      time,
    ),
  );
  const state = withoutDefaults({
    ...plan.state,
    exists: result.data.entityExists,
    state: result.data.entityState,
  });
  return settle(plan, state, [...responses, ...signals], time);
}

function respond(
  request: RequestMessage,
  { results }: BatchResult,
  index: number,
  instanceId: string,
  now: number,
): NewMessage[] {
  const result = results[index];
  if (result === undefined) {
    throw new Error(
      `The entity "${instanceId}" returned ${String(results.length)} results for more operations.`,
    );
  }
  if (request.signal === true) return [];
  const response: ResponseMessage = {
    result: result.result ?? null,
    ...(result.isError ? { exceptionType: 'Error' } : {}),
  };
  return answerTo(request, response, now);
}

function answerTo(request: RequestMessage, response: ResponseMessage, now: number): NewMessage[] {
  const { parent, parentExecution = null, id } = request;
  if (parent === undefined) return [];
  return [responseTo({ instanceId: parent, executionId: parentExecution }, id, response, now)];
}

/** The outcome: the new state, and the lock granted where it was asked for. */
function settle(
  plan: EntityPlan,
  state: SchedulerState,
  messages: readonly NewMessage[],
  now: number,
): TurnOutcome {
  const { lock, claimed } = plan;
  const after = lock?.parent === undefined ? state : { ...state, lockedBy: lock.parent };
  const granted = lock === undefined ? [] : passLock(lock, now);
  return {
    instance: {
      ...claimed.instance,
      status: 'Running',
      input: JSON.stringify(after),
      customStatus: JSON.stringify(entityStatus(after)),
      updatedAt: now,
    },
    history: { mode: 'replace', events: [] },
    activities: [],
    messages: [...plan.again, ...messages, ...granted],
  };
}

/** Sends a granted request for locks to the next entity, and behind the last one tells the orchestration. */
function passLock(lock: RequestMessage, now: number): NewMessage[] {
  const pos = (lock.pos ?? 0) + 1;
  const next: EntityId | undefined = lock.lockset?.[pos];
  if (next !== undefined) return [requestTo(next, { ...lock, pos }, now)];
  return answerTo(lock, { result: 'Lock Acquisition Completed' }, now);
}
