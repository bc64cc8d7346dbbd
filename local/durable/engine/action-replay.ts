import type { DecisionContext } from './decision-context.ts';
import { DurableTimers } from './durable-timers.ts';
import { EntityCalls } from './entity-calls.ts';
import { parseEntityId, type EntityId } from '../entities/entity-messages.ts';
import { ExternalEvents } from './external-events.ts';
import { HTTP_ACTIVITY } from '../http-activity.ts';
import { withHttpPolling } from './http-polling.ts';
import { withRetry, type RetryPolicy } from './retry.ts';
import { Task, whenAll, whenAny } from './task.ts';
import type { TurnOptions } from './turn-types.ts';
import { ACTION, type Action } from './worker-reply.ts';

type ActionOf<T extends Action['actionType']> = Extract<Action, { readonly actionType: T }>;
type SubOrchestrationAction = ActionOf<
  typeof ACTION.callSubOrchestrator | typeof ACTION.callSubOrchestratorWithRetry
>;
type RetryOptions = ActionOf<typeof ACTION.callActivityWithRetry>['retryOptions'];

/** The instance whose actions are replayed. */
export interface ReplayedInstance {
  readonly instanceId: string;
  readonly parentInstanceId: string | undefined;
}

/**
 * Does in the framework's context what the worker's actions say, one after the other. As in the extension a call that
 * the extension refuses (of an activity that does not exist, say) is passed over in silence and takes no number: the
 * worker then waits for its answer in vain. Facts: Azure/azure-functions-durable-extension,
 * `OutOfProcOrchestrationShim.cs` and `DurableOrchestrationContext.cs`.
 */
export class ActionReplay {
  readonly events = new ExternalEvents();
  readonly warnings: string[] = [];
  readonly #context: DecisionContext;
  readonly #instance: ReplayedInstance;
  readonly #options: TurnOptions;
  readonly #entities: EntityCalls;
  readonly #timers: DurableTimers;
  #actionsLeft: number;

  constructor(context: DecisionContext, instance: ReplayedInstance, options: TurnOptions) {
    this.#context = context;
    this.#instance = instance;
    this.#options = options;
    this.#entities = new EntityCalls(context, this.events);
    this.#timers = new DurableTimers(context, options);
    this.#actionsLeft = options.maxOrchestrationActions;
  }

  /**
   * @param done is called when the last action has ended
   * @param failed is called instead where an action cannot be done at all
   */
  run(actions: readonly Action[], done: () => void, failed: (error: unknown) => void): void {
    let index = 0;
    const goOn = (): void => {
      try {
        for (let action = actions[index]; action !== undefined; action = actions[index]) {
          index += 1;
          const task = this.#invoke(action);
          if (!task.settled) {
            task.onSettled(goOn);
            return;
          }
        }
      } catch (error) {
        failed(error);
        return;
      }
      done();
    };
    goOn();
  }

  /** Gives back the locks that the orchestration still holds. */
  releaseLocks(): void {
    this.#entities.release();
  }

  /** @throws Error where the whole orchestration fails of it */
  #invoke(action: Action): Task {
    switch (action.actionType) {
      case ACTION.callActivity:
        return this.#callActivity(action.functionName, action.input);
      case ACTION.callActivityWithRetry:
        return this.#callActivity(action.functionName, action.input, action.retryOptions);
      case ACTION.callSubOrchestrator:
        return this.#callSubOrchestrator(action);
      case ACTION.callSubOrchestratorWithRetry:
        return this.#callSubOrchestrator(action, action.retryOptions);
      case ACTION.continueAsNew:
        this.#context.continueAsNew(toJson(action.input));
        return Task.done();
      case ACTION.createTimer:
        return this.#timers.create(action.fireAt, action.isCanceled, () => this.#spendAction());
      case ACTION.waitForExternalEvent:
        return this.events.wait(action.externalEventName);
      case ACTION.callEntity:
        return this.#callEntity(action);
      case ACTION.signalEntity:
        this.#signalEntity(action, undefined);
        return Task.done();
      case ACTION.scheduledSignalEntity:
        this.#signalEntity(action, new Date(action.fireAt).toISOString());
        return Task.done();
      case ACTION.callHttp:
        return withHttpPolling(this.#context, action.httpRequest, this.#options.httpPollInterval, (input) =>
          this.#callActivity(HTTP_ACTIVITY, input),
        );
      case ACTION.lockEntities:
        return this.#lock(action.lockSet);
      case ACTION.releaseEntities:
        this.#entities.release();
        return Task.done();
      case ACTION.whenAny:
        return whenAny(action.compoundActions.map((one) => this.#invoke(one)));
      case ACTION.whenAll:
        return whenAll(action.compoundActions.map((one) => this.#invoke(one)));
    }
  }

  #callActivity(name: string, input: unknown, retryOptions?: RetryOptions): Task {
    if (name !== HTTP_ACTIVITY && !this.#options.hasActivity(name))
      return this.#refuse(notThere(name, 'an activity'));
    const argument = toJson(input);
    return this.#call(retryOptions, () => this.#context.scheduleActivity(name, argument));
  }

  #callSubOrchestrator(action: SubOrchestrationAction, retryOptions?: RetryOptions): Task {
    const { functionName, instanceId, version } = action;
    if (!this.#options.hasOrchestrator(functionName)) {
      return this.#refuse(notThere(functionName, 'an orchestrator'));
    }
    const id = instanceId ?? '';
    const family = [this.#instance.instanceId, this.#instance.parentInstanceId];
    if (family.some((relative) => relative?.toLowerCase() === id.toLowerCase())) {
      return this.#refuse(
        'The instance ID of a sub-orchestration must be different than the instance ID of a parent orchestration.',
      );
    }
    if (id.startsWith('@')) return this.#refuse('Orchestration instance ids must not start with @');
    const actual = version ?? this.#options.defaultVersion ?? '';
    const input = toJson(action.input);
    return this.#call(retryOptions, () =>
      this.#context.scheduleSubOrchestration(functionName, actual, id, input),
    );
  }

  #call(retryOptions: RetryOptions | undefined, call: () => Task): Task {
    const policy = retryOptions === undefined ? undefined : this.#retryPolicy(retryOptions);
    const longest = this.#options.maximumShortTimer;
    if (policy !== undefined && Math.max(policy.firstRetryInterval, policy.maxRetryInterval) > longest) {
      return this.#refuse('A retry interval is longer than timers may be.');
    }
    const refusal = this.#spendAction();
    if (refusal !== undefined) return this.#refuse(refusal);
    return policy === undefined ? call() : withRetry(this.#context, policy, call);
  }

  #callEntity(action: ActionOf<typeof ACTION.callEntity>): Task {
    const entity = this.#entity(action.instanceId);
    if (typeof entity === 'string') return this.#refuse(entity);
    return this.#entities.call({ entity, operation: action.operation, input: optionalJson(action.input) });
  }

  /** @throws Error where it may not be signalled */
  #signalEntity(
    action: ActionOf<typeof ACTION.signalEntity | typeof ACTION.scheduledSignalEntity>,
    due: string | undefined,
  ): void {
    const entity = this.#entity(action.instanceId);
    if (typeof entity === 'string') throw new Error(entity);
    this.#entities.signal({ entity, operation: action.operation, input: optionalJson(action.input) }, due);
  }

  #lock(entities: readonly EntityId[]): Task {
    for (const { name } of entities) {
      if (!this.#options.hasEntity(name)) return this.#refuse(notThere(name, 'an entity'));
    }
    const refusal = this.#spendAction();
    return refusal === undefined ? this.#entities.lock(entities) : this.#refuse(refusal);
  }

  /** @returns why it may have no message */
  #entity(instanceId: string): EntityId | string {
    const entity = parseEntityId(instanceId);
    if (entity === undefined) return `'${instanceId}' is no entity's id.`;
    return this.#options.hasEntity(entity.name)
      ? (this.#spendAction() ?? entity)
      : notThere(entity.name, 'an entity');
  }

  #retryPolicy(options: RetryOptions): RetryPolicy {
    return {
      firstRetryInterval: options.firstRetryIntervalInMilliseconds,
      maxNumberOfAttempts: options.maxNumberOfAttempts,
      backoffCoefficient: options.backoffCoefficient ?? 1,
      maxRetryInterval: options.maxRetryIntervalInMilliseconds ?? this.#options.maximumShortTimer,
      retryTimeout: options.retryTimeoutInMilliseconds ?? Number.POSITIVE_INFINITY,
    };
  }

  /** @returns why there may be no more actions */
  #spendAction(): string | undefined {
    this.#actionsLeft -= 1;
    if (this.#actionsLeft >= 0) return undefined;
    const most = String(this.#options.maxOrchestrationActions);
    return `Maximum amount of orchestration actions (${most}) has been reached. This value can be configured in host.json file as MaxOrchestrationActions.`;
  }

  #refuse(reason: string): Task {
    this.warnings.push(`${reason} As on Azure the orchestration gets no answer to this call.`);
    return Task.failed(reason);
  }
}

function notThere(name: string, kind: string): string {
  return `The function '${name}' doesn't exist, is disabled, or is not ${kind} function.`;
}

function toJson(value: unknown): string {
  return JSON.stringify(value ?? null);
}

function optionalJson(value: unknown): string | undefined {
  return value === undefined || value === null ? undefined : JSON.stringify(value);
}
