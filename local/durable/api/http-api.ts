import type { IncomingMessage, ServerResponse } from 'node:http';
import { writeEmpty, writeReply, type Reply } from '../../host/http-reply.ts';
import type { Listener } from '../../host/http-server.ts';
import { readBody } from '../../host/read-body.ts';
import type { ApiContext } from './api-context.ts';
import { ApiRefusal, emptyReply, internalError } from './api-reply.ts';
import { readApiRequest } from './api-request.ts';
import { answer } from './api-routes.ts';

/** Bytes of a request's body. Azure's server takes any; a host that holds bodies in memory must not. */
export const BODY_LIMIT = 16 * 1_024 * 1_024;

export interface HttpApiOptions {
  /** The path that the API is mounted at, without a slash at its end. */
  readonly basePath: string;
  /** Whether a caller may use the API. */
  readonly allowed: (message: IncomingMessage) => boolean;
}

/**
 * The extension's web API, by which the library's client and people manage instances.
 * https://learn.microsoft.com/azure/azure-functions/durable/durable-functions-http-api
 */
export function durableHttpApi(context: ApiContext, options: HttpApiOptions): Listener {
  return (message, response) => {
    if (!options.allowed(message)) {
      message.resume();
      writeEmpty(response, 401);
      return;
    }
    readBody(message, BODY_LIMIT, (outcome) => {
      if (outcome.kind === 'too-large') {
        // The rest of the body is not worth reading.
        response.once('finish', () => message.destroy());
        writeEmpty(response, 413, ['connection', 'close']);
        return;
      }
      void reply(context, options, message, outcome.body, response);
    });
  };
}

/** Never rejects. */
async function reply(
  context: ApiContext,
  options: HttpApiOptions,
  message: IncomingMessage,
  body: Buffer | undefined,
  response: ServerResponse,
): Promise<void> {
  const gone = new AbortController();
  response.once('close', () => {
    gone.abort();
  });
  let result: Reply;
  try {
    const request = readApiRequest(message, body, options.basePath, context.address().origin);
    const taskHub = request.query.text('taskHub')?.trim() ?? '';
    // Another hub may be in Azure's storage, and has other instances; here there is one.
    result =
      taskHub === '' || taskHub.toLowerCase() === context.hubName.toLowerCase()
        ? await answer(context, request, gone.signal)
        : emptyReply(404);
  } catch (error) {
    if (gone.signal.aborted) return;
    if (error instanceof ApiRefusal) {
      result = error.reply;
    } else {
      context.failed(error);
      result = internalError(error instanceof Error ? error.message : String(error)).reply;
    }
  }
  writeReply(response, result);
}

/** Whether a message came from this machine and was meant for it: who may use the API without a key. */
export function isLocal(message: IncomingMessage): boolean {
  const { remoteAddress } = message.socket;
  if (remoteAddress === undefined || !/^(?:::ffff:)?127\.|^::1$/.test(remoteAddress)) return false;
  // A page in a browser that was led here under another name is not this machine's app.
  return /^(?:127\.0\.0\.1|localhost|\[::1\])(?::\d+)?$/i.test(message.headers.host ?? '');
}
