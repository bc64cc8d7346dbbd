import { randomUUID } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import { hasInvocationHooks, invokeWithHooks } from './hooks.ts';
import { nothingReturned, plainReply, rpcReply, writeEmpty, writeReply, type Reply } from './http-reply.ts';
import { HostInvocationContext, makeTraceContext } from './invocation-context.ts';
import type { Invoker } from './invoker.ts';
import { LazyRequest, toRpcHttpRequest, type ReceivedRequest } from './lazy-request.ts';
import { probeLibrary } from './library-probe.ts';
import type { IndexedFunction } from './trigger-driver.ts';

/** Invokes one HTTP function for one received request and writes the reply. */
export type HttpInvocation = (request: ReceivedRequest, response: ServerResponse) => void;

/** fetch's `Request`, and so the library, refuses all others. */
const fetchMethods = new Set(['DELETE', 'GET', 'HEAD', 'OPTIONS', 'PATCH', 'POST', 'PUT']);

/**
 * The way that goes wholly through the app's library: its request object, its context, its conversion of the
 * result. What it answers defines what the direct way must answer.
 */
export function libraryHttpInvocation(invoker: Invoker, target: IndexedFunction): HttpInvocation {
  return (request, response) => {
    const invocationId = randomUUID();
    const started = performance.now();
    const { headers } = request.message;
    const trace = makeTraceContext(headers['traceparent'], headers['tracestate']);
    const invocation = { data: { http: toRpcHttpRequest(request) } };
    invoker.convertAndInvoke(target, invocationId, invocation, trace).then(
      ({ returnValue }) => {
        answer(invoker, target, invocationId, started, response, () =>
          returnValue?.http == null ? nothingReturned : rpcReply(returnValue.http),
        );
      },
      (error: unknown) => {
        fail(invoker, target, invocationId, started, response, error);
      },
    );
  };
}

/**
 * The direct way: the handler gets the host's own request and context objects, and a plain result is written
 * straight to the socket. Where the library would do something else, the library does it.
 */
export async function directHttpInvocation(
  invoker: Invoker,
  target: IndexedFunction,
): Promise<HttpInvocation> {
  const { kind, findUser } = await probeLibrary(invoker, target);
  const throughLibrary = libraryHttpInvocation(invoker, target);
  const { registry } = invoker;

  const convert = async (context: object, invocationId: string, result: unknown): Promise<Reply> => {
    const request = { invocationId, functionId: target.metadata.functionId, inputData: [] };
    const model = await invoker.programmingModel.getInvocationModel(invoker.coreContext(target, request));
    const { returnValue } = await model.getResponse(context, result);
    return returnValue?.http == null ? nothingReturned : rpcReply(returnValue.http);
  };

  return (request, response) => {
    if (target.extraInputs.length > 0 || !fetchMethods.has(request.method)) {
      throughLibrary(request, response);
      return;
    }
    const started = performance.now();
    const invocationId = randomUUID();
    const context = new HostInvocationContext(kind, invocationId, request.message);
    const failed = (error: unknown): void => {
      context.finished = true;
      fail(invoker, target, invocationId, started, response, error);
    };
    const finish = (result: unknown): void => {
      context.finished = true;
      try {
        const reply =
          result === undefined || result === null
            ? nothingReturned
            : typeof result === 'object'
              ? plainReply(result)
              : undefined;
        if (reply === undefined) {
          convert(context, invocationId, result).then((converted) => {
            answer(invoker, target, invocationId, started, response, () => converted);
          }, failed);
        } else {
          answer(invoker, target, invocationId, started, response, () => reply);
        }
      } catch (error) {
        failed(error);
      }
    };
    // For the worker an error of null or undefined is none, and without a result nothing is returned.
    const handlerFailed = (error: unknown): void => {
      if (error === null || error === undefined) finish(null);
      else failed(error);
    };
    const lazyRequest = new LazyRequest(
      withoutForbiddenBody(invoker, target, invocationId, request),
      findUser,
    );
    if (hasInvocationHooks(registry)) {
      const invocation = { context, inputs: [lazyRequest], callback: target.callback };
      invokeWithHooks(
        registry,
        invocation,
        async (inputs, callback) => await callback(...inputs, context),
        (state) => {
          context.inPostHooks = state === 'postInvocationHooks';
          context.finished ||= context.inPostHooks;
        },
      ).then(finish, failed);
      return;
    }
    try {
      const result = target.callback(lazyRequest, context);
      if (isThenable(result)) result.then(finish, handlerFailed);
      else finish(result);
    } catch (error) {
      handlerFailed(error);
    }
  };
}

/** The body of a GET or HEAD is dropped, with the library's warning. */
function withoutForbiddenBody(
  invoker: Invoker,
  target: IndexedFunction,
  invocationId: string,
  request: ReceivedRequest,
): ReceivedRequest {
  if (request.body === undefined || (request.method !== 'GET' && request.method !== 'HEAD')) return request;
  invoker.log.system(
    'warning',
    target.name,
    invocationId,
    `Discarding the body of the incoming ${request.method} request because GET and HEAD requests cannot have a body.`,
  );
  return { ...request, body: undefined };
}

function answer(
  invoker: Invoker,
  target: IndexedFunction,
  invocationId: string,
  started: number,
  response: ServerResponse,
  reply: () => Reply,
): void {
  try {
    writeReply(response, reply());
  } catch (error) {
    fail(invoker, target, invocationId, started, response, error);
    return;
  }
  if (invoker.log.enabled('debug', target.name)) {
    const duration = Math.round(performance.now() - started);
    const text = `Executed 'Functions.${target.name}' (Succeeded, Duration=${String(duration)}ms)`;
    invoker.log.system('debug', target.name, invocationId, text);
  }
}

function fail(
  invoker: Invoker,
  target: IndexedFunction,
  invocationId: string,
  started: number,
  response: ServerResponse,
  error: unknown,
): void {
  invoker.logFailure(target.name, invocationId, performance.now() - started, error);
  if (response.headersSent) response.destroy();
  else writeEmpty(response, 500);
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function';
}
