import type { HttpRequestUser } from '@azure/functions';
import { randomUUID } from 'node:crypto';
import { HostInvocationContext, type ContextKind } from './invocation-context.ts';
import type { Invoker } from './invoker.ts';
import { LazyRequest, type FindUser } from './lazy-request.ts';
import type { IndexedFunction } from './trigger-driver.ts';

/**
 * Learns from one conversion by the app's own copy of the library what its objects look like, so that the host's own
 * are instances of the same classes and show the same options. (The copy cannot be found through `require`: a bundled
 * app carries it inside.)
 * @throws Error when the library makes something else than a request and a context
 */
export async function probeLibrary(
  invoker: Invoker,
  target: IndexedFunction,
): Promise<{ kind: ContextKind; findUser: FindUser }> {
  const empty = { nullableHeaders: {}, nullableQuery: {}, nullableParams: {} };
  const http = { method: 'GET', url: 'http://localhost/', ...empty };
  const core = invoker.coreContext(target, {
    invocationId: randomUUID(),
    functionId: target.metadata.functionId,
    inputData: [{ name: target.trigger.name, data: { http } }],
  });
  const model = await invoker.programmingModel.getInvocationModel(core);
  const { context, inputs } = await model.getArguments();
  const request = inputs[0];
  if (typeof request !== 'object' || request === null) throw new Error('The library made no request object.');
  const RequestClass: unknown = Reflect.get(request, 'constructor');
  const options: unknown = Reflect.get(context, 'options');
  if (typeof RequestClass !== 'function' || typeof options !== 'object' || options === null) {
    throw new Error('The library made a request or context of an unknown kind.');
  }
  adoptPrototype(LazyRequest.prototype, request);
  adoptPrototype(HostInvocationContext.prototype, context);
  return {
    kind: { functionName: target.name, options, log: contextLog(invoker, target.name) },
    findUser: (data) => {
      const made: unknown = Reflect.construct(RequestClass, [data]);
      const user: unknown = typeof made === 'object' && made !== null ? Reflect.get(made, 'user') : null;
      return isUser(user) ? user : null;
    },
  };
}

/** The log calls of a function's contexts; one after the end of its invocation is reported as the library does. */
function contextLog(invoker: Invoker, name: string): ContextKind['log'] {
  return (level, args, from) => {
    if (from.finished && !from.inPostHooks) {
      const warning =
        "Warning: Unexpected call to 'log' on the context object after function execution has completed. " +
        'Please check for asynchronous calls that are not awaited. ' +
        `Function name: ${name}. Invocation Id: ${from.invocationId}.`;
      invoker.log.system('warning', name, from.invocationId, warning);
    }
    invoker.log.invocation(level, name, from.invocationId, args, from);
  };
}

/** Makes the host's own class a subclass of the library's, for `instanceof` in the app. */
function adoptPrototype(own: object, library: object): void {
  Object.setPrototypeOf(own, Reflect.getPrototypeOf(library));
}

function isUser(value: unknown): value is HttpRequestUser {
  return typeof value === 'object' && value !== null && 'username' in value;
}
