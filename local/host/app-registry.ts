import { z } from 'zod';
import type {
  FunctionCallback,
  FunctionMetadata,
  HookCallback,
  HookData,
  HookName,
  ProgrammingModel,
} from './core-types.ts';

const duration = z.object({ seconds: z.number().min(0) });

const functionMetadata = z.object({
  name: z.string(),
  functionId: z.string().nullish(),
  bindings: z.record(
    z.string(),
    z.looseObject({
      type: z.string(),
      name: z.string().optional(),
      direction: z.string().optional(),
    }),
  ),
  retryOptions: z
    .object({
      retryStrategy: z.enum(['fixedDelay', 'exponentialBackoff']),
      maxRetryCount: z.int().min(-1),
      delayInterval: duration.optional(),
      minimumInterval: duration.optional(),
      maximumInterval: duration.optional(),
    })
    .nullish(),
});

/** A function as the app registered it. */
export interface RegisteredFunction {
  readonly metadata: FunctionMetadata;
  readonly callback: FunctionCallback;
}

/** The library reads this name and flag to tell an outdated host from a wrong hook. */
class UnknownHookError extends RangeError {
  override name = 'RangeError';
  readonly isAzureFunctionsSystemError = true;
}

/** Everything an app registers while its entry files load: functions, hooks, the programming model. */
export class AppRegistry {
  readonly functions = new Map<string, RegisteredFunction>();
  readonly hooks: Record<HookName, HookCallback[]> = {
    appStart: [],
    appTerminate: [],
    preInvocation: [],
    postInvocation: [],
    log: [],
  };
  /** Seen by all hooks. */
  readonly appHookData: HookData = {};
  /** Seen by the hooks of the app's own life only. */
  readonly appLifeHookData: HookData = {};
  programmingModel: ProgrammingModel | undefined;
  /** True once the app has loaded: the set of functions is fixed from then on, as in Azure. */
  locked = false;

  /**
   * Adds a function; the returned function takes it away again.
   * @throws Error when the app has already loaded, or the id is taken
   */
  addFunction(rawMetadata: unknown, callback: FunctionCallback): () => void {
    if (this.locked) throw new Error('A function can only be registered during app startup.');
    const parsed = functionMetadata.parse(rawMetadata);
    const functionId = parsed.functionId ?? parsed.name;
    if (this.functions.has(functionId)) {
      throw new Error(`A function with id "${functionId}" has already been registered.`);
    }
    const metadata: FunctionMetadata = {
      name: parsed.name,
      functionId,
      bindings: parsed.bindings,
      retryOptions: parsed.retryOptions ?? undefined,
    };
    this.functions.set(functionId, { metadata, callback });
    return () => {
      if (this.locked) throw new Error('A function can only be disposed during app startup.');
      this.functions.delete(functionId);
    };
  }

  /** Adds a hook; hooks run in the order of registration. The returned function takes it away again. */
  addHook(name: string, callback: HookCallback): () => void {
    if (!isHookName(name)) throw new UnknownHookError(`Unrecognized hook "${name}"`);
    const hooks = this.hooks[name];
    hooks.push(callback);
    return () => {
      const index = hooks.indexOf(callback);
      if (index >= 0) hooks.splice(index, 1);
    };
  }
}

const hookNames: ReadonlySet<string> = new Set<HookName>([
  'appStart',
  'appTerminate',
  'preInvocation',
  'postInvocation',
  'log',
]);

function isHookName(name: string): name is HookName {
  return hookNames.has(name);
}
