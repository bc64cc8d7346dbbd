import { randomUUID } from 'node:crypto';
import type { AppLog } from './app-log.ts';
import { describeError } from './app-log.ts';
import type { AppRegistry } from './app-registry.ts';
import type {
  CoreInvocationContext,
  InvocationState,
  LogCategory,
  LogLevel,
  ProgrammingModel,
  RpcInvocationRequest,
  RpcInvocationResponse,
  RpcTraceContext,
  RpcTypedData,
} from './core-types.ts';
import { invokeWithHooks } from './hooks.ts';
import { makeTraceContext } from './invocation-context.ts';
import type { IndexedFunction, TriggerInvocation } from './trigger-driver.ts';

/** Runs functions through the app's library, as the Node worker does. */
export class Invoker {
  readonly registry: AppRegistry;
  readonly log: AppLog;

  constructor(registry: AppRegistry, log: AppLog) {
    this.registry = registry;
    this.log = log;
  }

  get programmingModel(): ProgrammingModel {
    const model = this.registry.programmingModel;
    if (model === undefined) throw new Error('The app has registered no programming model.');
    return model;
  }

  /** What the library is told about an invocation. */
  coreContext(target: IndexedFunction, request: RpcInvocationRequest): CoreInvocationContext {
    const { log } = this;
    const { name } = target;
    const { invocationId } = request;
    return {
      invocationId,
      request,
      metadata: target.metadata,
      log(level: LogLevel, category: LogCategory, message: string) {
        if (category === 'user') log.invocation(level, name, invocationId, [message]);
        else log.system(level, name, invocationId, message);
      },
    };
  }

  /** The values of a function's inputs beside its trigger. */
  async extraInputs(target: IndexedFunction): Promise<{ name: string; data: RpcTypedData }[]> {
    return Promise.all(
      target.extraInputs.map(async ({ binding, provider }) => ({
        name: binding.name,
        data: await provider.provide(binding, target),
      })),
    );
  }

  /**
   * One invocation, from the trigger's value to the converted result. Nothing is logged.
   * @throws the function's error, or a hook's
   */
  async convertAndInvoke(
    target: IndexedFunction,
    invocationId: string,
    invocation: TriggerInvocation,
    traceContext: RpcTraceContext,
  ): Promise<RpcInvocationResponse> {
    const inputData = [
      { name: target.trigger.name, data: invocation.data },
      ...(target.extraInputs.length === 0 ? [] : await this.extraInputs(target)),
    ];
    const core = this.coreContext(target, {
      invocationId,
      functionId: target.metadata.functionId,
      inputData,
      triggerMetadata: invocation.triggerMetadata,
      retryContext: invocation.retryContext,
      traceContext,
    });
    const model = await this.programmingModel.getInvocationModel(core);
    const { context, inputs } = await model.getArguments();
    const result = await invokeWithHooks(
      this.registry,
      { context, inputs, callback: target.callback },
      async (finalInputs, callback) => model.invokeFunction(context, finalInputs, callback),
      (state: InvocationState | undefined) => {
        core.state = state;
      },
    );
    return model.getResponse(context, result);
  }

  /** One invocation of a trigger other than HTTP, with its log lines; see HostServices.invoke. */
  async invoke(target: IndexedFunction, invocation: TriggerInvocation): Promise<RpcInvocationResponse> {
    const invocationId = randomUUID();
    const started = performance.now();
    this.log.system('information', target.name, invocationId, `Executing 'Functions.${target.name}'`);
    try {
      const trace = makeTraceContext(undefined, undefined);
      const response = await this.convertAndInvoke(target, invocationId, invocation, trace);
      const duration = Math.round(performance.now() - started);
      this.log.system(
        'information',
        target.name,
        invocationId,
        `Executed 'Functions.${target.name}' (Succeeded, Duration=${String(duration)}ms)`,
      );
      return response;
    } catch (error) {
      this.logFailure(target.name, invocationId, performance.now() - started, error);
      throw error;
    }
  }

  logFailure(name: string, invocationId: string, milliseconds: number, error: unknown): void {
    this.log.system(
      'error',
      name,
      invocationId,
      `Executed 'Functions.${name}' (Failed, Duration=${String(Math.round(milliseconds))}ms)\n${describeError(error)}`,
    );
  }
}
