import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { randomUUID } from 'node:crypto';
import { buffer } from 'node:stream/consumers';
import { z } from 'zod';
import { answerDocuments } from './documents.ts';
import { type Account, route } from './emulator.ts';
import { badRequest, failure, NOT_FOUND, type Reply } from './reply.ts';

const DOCUMENTS = /^\/+dbs\/(?<database>[^/]+)\/colls\/(?<container>[^/]+)\/docs(?:\/(?<id>[^/]+))?\/*$/;
const UNSUPPORTED = /^\/+dbs\/[^/]+\/colls\/[^/]+\/(?:udfs|sprocs|triggers|conflicts)(?:\/|$)/;
const CONTAINER = /^\/+dbs\/(?<database>[^/]+)\/colls\/(?<container>[^/]+)\/*$/;

/** A document, and with it a request, may have 2 MiB. */
const MOST_BYTES = 2 * 1024 * 1024;

/** What the package's own handlers and operations throw. */
const raised = z.object({
  message: z.string(),
  name: z.string().optional(),
  conflict: z.literal(true).optional(),
  badRequest: z.literal(true).optional(),
});

/**
 * Serves the Cosmos DB API from an emulated account. Databases and containers are the package's business; documents
 * are answered here, where the package differs from Azure.
 * @param endpoint the address that the account gives for itself
 * @param afterChange called after every request that may have changed something
 */
export function cosmosListener(
  account: Account,
  endpoint: () => string,
  afterChange: () => void,
): RequestListener {
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const reply = await replyTo(account, endpoint, request, response).catch(toReply);
    send(request, response, reply);
    if (request.method !== 'GET') afterChange();
  };
  return (request, response) => {
    answer(request, response).catch((error: unknown) => {
      console.error('could not answer:', error);
      response.destroy();
    });
  };
}

function replyTo(
  account: Account,
  endpoint: () => string,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<Reply> {
  const path = new URL(`http://host${request.url ?? '/'}`).pathname;
  if (request.method === 'GET' && /^\/+$/.test(path))
    return Promise.resolve({ status: 200, body: describe(account, endpoint()) });
  if (UNSUPPORTED.test(path))
    return Promise.resolve(badRequest('Server-side programs and conflict feeds are not supported here.'));

  const named = DOCUMENTS.exec(path)?.groups;
  if (named !== undefined) return documents(account, request, named);

  const container = request.method === 'PUT' ? CONTAINER.exec(path)?.groups : undefined;
  if (container !== undefined)
    return replacingContainer(account, container, () => delegate(account, request, response));
  return delegate(account, request, response);
}

async function documents(account: Account, request: IncomingMessage, named: Named): Promise<Reply> {
  if (header(request, 'a-im') !== undefined) return badRequest('The change feed is not supported here.');
  if (Number(header(request, 'content-length') ?? 0) > MOST_BYTES) {
    request.resume();
    return failure(413, 'RequestEntityTooLarge', 'Request size is too large');
  }
  const text = (await buffer(request)).toString();
  const body: unknown = text === '' ? undefined : JSON.parse(text);
  // From here to the reply nothing waits, so requests don't interleave.
  const container = findContainer(account, named);
  if (container === undefined) return NOT_FOUND;
  const maxItemCount = Number(header(request, 'x-ms-max-item-count') ?? -1);
  return answerDocuments(container, {
    method: request.method ?? '',
    id: named['id'] === undefined ? undefined : decodeURIComponent(named['id']),
    body,
    isQuery:
      isTrue(request, 'x-ms-documentdb-isquery') ||
      header(request, 'content-type') === 'application/query+json',
    isUpsert: isTrue(request, 'x-ms-documentdb-is-upsert'),
    isBatch: isTrue(request, 'x-ms-cosmos-is-batch-request'),
    isAtomic: isTrue(request, 'x-ms-cosmos-batch-atomic'),
    continueOnError: isTrue(request, 'x-ms-cosmos-batch-continue-on-error'),
    crossPartition: isTrue(request, 'x-ms-documentdb-query-enablecrosspartition'),
    partitionKey: header(request, 'x-ms-documentdb-partitionkey'),
    ifMatch: header(request, 'if-match'),
    ifNoneMatch: header(request, 'if-none-match'),
    maxItemCount: maxItemCount > 0 ? maxItemCount : undefined,
    continuation: header(request, 'x-ms-continuation'),
  });
}

/** Replacing a container makes a new, empty one in the package; its documents stay in Azure. */
async function replacingContainer(
  account: Account,
  named: Named,
  replace: () => Promise<Reply>,
): Promise<Reply> {
  const before = findContainer(account, named);
  const reply = await replace();
  const after = findContainer(account, named);
  if (before !== undefined && after !== undefined && before !== after) {
    after.documents = before.documents;
    after.documents._parent = after;
  }
  return reply;
}

async function delegate(
  account: Account,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<Reply> {
  const found = route(request);
  if (found === undefined) return badRequest('There is no such operation.');
  const [parameters, handle] = found;
  const body: unknown = await handle(account, request, response, parameters);
  return { status: response.statusCode, body };
}

function findContainer(account: Account, named: Named) {
  const container = account
    .database(decodeURIComponent(named['database'] ?? ''))
    .collection(decodeURIComponent(named['container'] ?? ''));
  return container.read() === undefined ? undefined : container;
}

type Named = Readonly<Record<string, string | undefined>>;

/** The package says https, and the port that it was made with. */
function describe(account: Account, endpoint: string): object {
  const locations = [{ name: 'Local', databaseAccountEndpoint: endpoint }];
  return { ...account.read(), writableLocations: locations, readableLocations: locations };
}

function toReply(error: unknown): Reply {
  const parsed = raised.safeParse(error).data;
  if (parsed?.conflict) return failure(409, 'Conflict', parsed.message);
  if (parsed?.badRequest || parsed?.name === 'SyntaxError' || parsed?.name === 'ZodError') {
    return badRequest(parsed.message);
  }
  console.error(error);
  return failure(500, 'InternalServerError', parsed?.message ?? String(error));
}

function send(request: IncomingMessage, response: ServerResponse, { status, body, headers }: Reply): void {
  const etag = typeof body === 'object' && body !== null && '_etag' in body ? body._etag : undefined;
  response.statusCode = status;
  for (const [name, value] of Object.entries(headers ?? {})) response.setHeader(name, value);
  if (typeof etag === 'string') response.setHeader('etag', etag);
  response.setHeader('content-type', 'application/json');
  response.setHeader('x-ms-activity-id', randomUUID());
  response.setHeader('x-ms-request-charge', '1');
  // The SDK shows a not-found as one of the document, not of a session, by this.
  if (status === 404) response.setHeader('x-ms-substatus', '0');
  response.end(
    status === 204 || status === 304 || request.method === 'HEAD' ? undefined : JSON.stringify(body ?? {}),
  );
}

function header(request: IncomingMessage, name: string): string | undefined {
  const value = request.headers[name];
  return Array.isArray(value) ? value[0] : value;
}

function isTrue(request: IncomingMessage, name: string): boolean {
  return header(request, name)?.toLowerCase() === 'true';
}
