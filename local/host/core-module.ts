import Module from 'node:module';
import { z } from 'zod';
import type { AppRegistry } from './app-registry.ts';
import type {
  FunctionCallback,
  HookCallback,
  LogCategory,
  LogLevel,
  ProgrammingModel,
} from './core-types.ts';

/** The version of the Azure host whose behaviour this one follows; apps may test for a minimum. */
const hostVersion = '4.1046.0';

const callback = z.custom<FunctionCallback>((value) => typeof value === 'function', 'is not a function');
const hookCallback = z.custom<HookCallback>((value) => typeof value === 'function', 'is not a function');
const programmingModel = z.custom<ProgrammingModel>(
  (value) =>
    typeof value === 'object' &&
    value !== null &&
    'getInvocationModel' in value &&
    typeof value.getInvocationModel === 'function',
  'is not a programming model',
);

/** An object whose `dispose` undoes a registration; disposing twice does nothing. */
class Disposable {
  #dispose: (() => unknown) | undefined;

  constructor(dispose: () => unknown) {
    this.#dispose = dispose;
  }

  static from(...items: { dispose: () => unknown }[]): Disposable {
    return new Disposable(() => {
      for (const item of items) item.dispose();
    });
  }

  dispose(): unknown {
    const dispose = this.#dispose;
    this.#dispose = undefined;
    return dispose?.();
  }
}

/** What `require('@azure/functions-core')` gives inside the app. */
export function createCoreModule(
  registry: AppRegistry,
  log: (level: LogLevel, category: LogCategory, message: string) => void,
): object {
  return {
    version: '3.12.0',
    hostVersion,
    Disposable,
    log,
    registerFunction: (metadata: unknown, handler: unknown) =>
      new Disposable(registry.addFunction(metadata, callback.parse(handler))),
    registerHook: (name: string, handler: unknown) =>
      new Disposable(registry.addHook(name, hookCallback.parse(handler))),
    setProgrammingModel: (model: unknown) => {
      registry.programmingModel = programmingModel.parse(model);
    },
    getProgrammingModel: () => registry.programmingModel,
  };
}

/**
 * Makes `require('@azure/functions-core')` resolve to the given module everywhere in this process, in the
 * way the Node worker does it: by wrapping `Module.prototype.require`, which also serves CommonJS files
 * that ES modules import and the functions that `createRequire` makes.
 * @returns a function that takes the wrapping away
 */
export function provideCoreModule(coreModule: object): () => void {
  const original: unknown = Reflect.get(Module.prototype, 'require');
  if (typeof original !== 'function') throw new Error('This Node has no Module.prototype.require.');
  const wrapped = new Proxy(original, {
    apply(target, thisArgument, args: unknown[]): unknown {
      if (args[0] === '@azure/functions-core') return coreModule;
      return Reflect.apply(target, thisArgument, args);
    },
  });
  Reflect.set(Module.prototype, 'require', wrapped);
  return () => {
    Reflect.set(Module.prototype, 'require', original);
  };
}
