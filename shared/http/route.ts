import { randomUUID } from 'node:crypto';
import type { HttpHandler, HttpRequest, InvocationContext } from '@azure/functions';
import { Failure } from '../failure.ts';
import { problemReply, type Reply } from './problem.ts';

/** Answers a request, or throws a `Failure` for the caller. */
export type Answer = (request: HttpRequest, context: InvocationContext) => Promise<Reply>;

/** Ids go into logs and headers as they are, so only harmless ones are taken over. */
const CORRELATION_ID = /^[\w.:-]{1,128}$/;

/** A handler that never throws: failures become problem+json, `x-correlation-id` is echoed, surprises are logged. */
export function handlerOf(answer: Answer): HttpHandler {
  return async (request, context) => {
    const given = request.headers.get('x-correlation-id');
    const correlationId = given !== null && CORRELATION_ID.test(given) ? given : randomUUID();
    let reply: Reply;
    try {
      reply = await answer(request, context);
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
