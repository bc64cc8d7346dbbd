import { randomUUID } from 'node:crypto';
import type { HttpHandler, HttpRequest, InvocationContext } from '@azure/functions';
import type { Caller } from '../access/caller.ts';
import type { Guard } from '../access/guard.ts';
import { Failure } from '../failure.ts';
import { problemReply, type Reply } from './problem.ts';

/**
 * Answers a request, or throws a `Failure` for the caller.
 * @param caller undefined where a route has no guard: then what the request says of its sender is not verified
 */
export type Answer = (
  request: HttpRequest,
  context: InvocationContext,
  caller: Caller | undefined,
) => Promise<Reply>;

/** Ids go into logs and headers as they are, so only harmless ones are taken over. */
const CORRELATION_ID = /^[\w.:-]{1,128}$/;

/**
 * A handler that never throws: failures become problem+json, `x-correlation-id` is echoed, surprises are logged.
 * @param guard asked before the answer
 */
export function handlerOf(answer: Answer, guard?: Guard): HttpHandler {
  return async (request, context) => {
    const given = request.headers.get('x-correlation-id');
    const correlationId = given !== null && CORRELATION_ID.test(given) ? given : randomUUID();
    let reply: Reply;
    try {
      const caller = guard === undefined ? undefined : await guard(request.headers);
      reply = await answer(request, context, caller);
    } catch (error) {
      logFailure(context, correlationId, error);
      reply = problemReply(error, correlationId);
    }
    return { ...reply, headers: { ...reply.headers, 'x-correlation-id': correlationId } };
  };
}

function logFailure(context: InvocationContext, correlationId: string, error: unknown): void {
  if (!(error instanceof Failure)) context.error(`Request ${correlationId} failed unexpectedly:`, error);
  else if (error.kind === 'unavailable')
    context.warn(`Request ${correlationId}: ${error.message}`, error.cause ?? '');
}
