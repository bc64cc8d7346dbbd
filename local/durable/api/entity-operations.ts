import type { Reply } from '../../host/http-reply.ts';
import type { ApiContext } from './api-context.ts';
import { badArgument, emptyReply, jsonReply, jsonTextReply } from './api-reply.ts';
import { jsonBody, type ApiRequest } from './api-request.ts';
import { entityInstanceId, parseEntityId, requestTo, type EntityId } from '../entities/entity-messages.ts';
import type { Instance } from '../instance.ts';
import { parseLoosely } from './loose-json.ts';
import { decodePageToken, encodePageToken } from './page-token.ts';
import { parseSchedulerState } from '../entities/scheduler-state.ts';
import { checkFunction, hasForbiddenCharacter } from './start-orchestration.ts';
import { pageSize } from './status-operations.ts';

/** Stands for an empty key in the path of a read. */
const EMPTY_KEY = '$';

/** Answers with an entity's state. One that has none is not there. */
export function readEntity({ store }: ApiContext, entity: EntityId): Reply {
  const id = entityInstanceId({ ...entity, key: entity.key === EMPTY_KEY ? '' : entity.key });
  const instance = store.find(id);
  if (instance === undefined) return emptyReply(404);
  const { exists, state } = parseSchedulerState(instance.input);
  return exists === true && typeof state === 'string' ? jsonTextReply(200, state) : emptyReply(404);
}

/** Lists the entities that exist, of one name or of all, page by page. */
export function listEntities({ store }: ApiContext, request: ApiRequest, name: string | undefined): Reply {
  const { query } = request;
  const from = query.time('lastOperationTimeFrom') ?? Number.NEGATIVE_INFINITY;
  const to = query.time('lastOperationTimeTo') ?? Number.POSITIVE_INFINITY;
  const fetchState = query.flag('fetchState') ?? false;
  const instanceIdPrefix = name === undefined ? '@' : entityInstanceId({ name, key: '' });
  const size = pageSize(request);
  let after = decodePageToken(request.continuationToken);
  for (;;) {
    const page = store.list({ kind: 'entity', instanceIdPrefix }, size, after);
    after = page.at(-1)?.instanceId;
    const views = page
      .filter(({ updatedAt }) => updatedAt >= from && updatedAt <= to)
      .flatMap((instance) => entityView(instance, fetchState));
    const last = page.length < size;
    // A page of deleted entities alone tells the caller nothing: the next one is looked at in its place.
    if (last || views.length > 0) {
      return jsonReply(200, views, ['x-ms-continuation-token', last ? '' : encodePageToken(after)]);
    }
  }
}

function entityView(instance: Instance, fetchState: boolean) {
  const entityId = parseEntityId(instance.instanceId);
  const { exists, state } = parseSchedulerState(instance.input);
  if (entityId === undefined || exists !== true) return [];
  return [
    {
      entityId,
      lastOperationTime: new Date(instance.updatedAt).toISOString(),
      state: fetchState ? parseLoosely(state ?? null) : null,
    },
  ];
}

/** Sends an entity a signal: a DELETE is the operation `delete`. */
export function signalEntity(context: ApiContext, request: ApiRequest, entity: EntityId): Reply {
  const op = request.method === 'DELETE' ? 'delete' : (request.query.text('op') ?? '');
  const input = signalInput(request);
  if (hasForbiddenCharacter(entity.key)) {
    throw badArgument('Entity keys must not contain /, \\, #, ?, or control characters.');
  }
  checkFunction(context.entities, entity.name, 'entity');
  const now = context.now();
  const message = requestTo(
    entity,
    { op, signal: true, id: asUuid(context.newId()), ...(input === undefined ? {} : { input }) },
    now,
  );
  context.store.send([message]);
  return emptyReply(202);
}

/** The operation's input: JSON text; undefined: none. @throws ApiRefusal where it can't be read */
function signalInput(request: ApiRequest): string | undefined {
  if (request.contentLength === 0) return undefined;
  return request.mediaType === 'application/json' ? jsonBody(request) : JSON.stringify(request.body);
}

function asUuid(hex: string): string {
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}
