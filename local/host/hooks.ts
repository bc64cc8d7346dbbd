import { inspect } from 'node:util';
import type { AppRegistry } from './app-registry.ts';
import type {
  FunctionCallback,
  HookData,
  InvocationState,
  PostInvocationHookContext,
  PreInvocationHookContext,
} from './core-types.ts';

/** Runs hooks one after the other in the order of their registration; the first one to fail ends it. */
async function runHooks(hooks: readonly ((context: object) => unknown)[], context: object): Promise<void> {
  // A copy: a hook may take itself away while it runs.
  for (const hook of hooks.slice()) {
    await hook(context);
  }
}

/** Runs the app's appStart hooks. */
export async function runAppStart(registry: AppRegistry, functionAppDirectory: string): Promise<void> {
  const { appLifeHookData: hookData, appHookData } = registry;
  await runHooks(registry.hooks.appStart, { hookData, appHookData, functionAppDirectory });
}

/** Runs the app's appTerminate hooks. */
export async function runAppTerminate(registry: AppRegistry): Promise<void> {
  const { appLifeHookData: hookData, appHookData } = registry;
  await runHooks(registry.hooks.appTerminate, { hookData, appHookData });
}

/** Whether an invocation has hooks to run; where it has none, the callback may be called directly. */
export function hasInvocationHooks(registry: AppRegistry): boolean {
  return registry.hooks.preInvocation.length > 0 || registry.hooks.postInvocation.length > 0;
}

/**
 * One invocation with its hooks, as the Node worker runs them: preInvocation hooks may change the inputs and the
 * callback, and a failing one ends the invocation; postInvocation hooks see and may change result and error.
 * @param call calls the (perhaps replaced) callback
 * @param entered is told which stage runs
 * @returns the result after the hooks
 * @throws the error after the hooks
 */
export async function invokeWithHooks(
  registry: AppRegistry,
  invocation: { readonly context: object; readonly inputs: unknown[]; readonly callback: FunctionCallback },
  call: (inputs: unknown[], callback: FunctionCallback) => unknown,
  entered: (state: InvocationState | undefined) => void,
): Promise<unknown> {
  const hookData: HookData = {};
  const { appHookData } = registry;
  const before: PreInvocationHookContext = {
    hookData,
    appHookData,
    invocationContext: invocation.context,
    inputs: invocation.inputs,
    functionCallback: invocation.callback,
  };
  entered('preInvocationHooks');
  try {
    await runHooks(registry.hooks.preInvocation, before);
  } finally {
    entered(undefined);
  }

  const after: PostInvocationHookContext = {
    hookData,
    appHookData,
    invocationContext: invocation.context,
    inputs: before.inputs,
    result: null,
    error: null,
  };
  entered('invocation');
  try {
    after.result = await call(before.inputs, before.functionCallback);
  } catch (error) {
    after.error = error;
  } finally {
    entered(undefined);
  }

  entered('postInvocationHooks');
  try {
    await runHooks(registry.hooks.postInvocation, after);
  } finally {
    entered(undefined);
  }
  if (after.error !== null && after.error !== undefined) throw asError(after.error);
  return after.result;
}

/** An app may throw anything. */
function asError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(inspect(thrown), { cause: thrown });
}
