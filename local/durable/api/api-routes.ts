import type { Reply } from '../../host/http-reply.ts';
import type { ApiContext } from './api-context.ts';
import { ApiRefusal, emptyReply } from './api-reply.ts';
import { jsonBody, type ApiRequest } from './api-request.ts';
import { listEntities, readEntity, signalEntity } from './entity-operations.ts';
import { raiseEvent, resume, rewind, suspend, terminate } from './instance-operations.ts';
import { startOrchestration } from './start-orchestration.ts';
import { answerStart, getStatus, listInstances, purgeInstance, purgeInstances } from './status-operations.ts';

/**
 * Answers a request of the web API. What is no route of it is 404, whatever its method.
 * @param gone aborted when the caller goes away
 * @throws ApiRefusal
 */
export async function answer(context: ApiContext, request: ApiRequest, gone: AbortSignal): Promise<Reply> {
  const [controller = '', first, second, third, ...rest] = request.path;
  if (rest.length > 0) return emptyReply(404);
  switch (controller.toLowerCase()) {
    case 'orchestrators':
      if (first === undefined || third !== undefined || request.method !== 'POST') return emptyReply(404);
      return start(context, request, first, second ?? '', gone);
    case 'entities':
      return third === undefined ? entityRoute(context, request, first, second) : emptyReply(404);
    case 'instances':
      if (first === undefined) return instancesRoute(context, request);
      return instanceRoute(context, request, [first, second, third], gone);
    default:
      return emptyReply(404);
  }
}

function entityRoute(context: ApiContext, request: ApiRequest, name: string | undefined, key = ''): Reply {
  switch (request.method) {
    case 'GET':
      if (name === undefined || key === '') return listEntities(context, request, name);
      return readEntity(context, { name, key });
    case 'POST':
    case 'DELETE':
      return name === undefined ? emptyReply(404) : signalEntity(context, request, { name, key });
    default:
      return emptyReply(404);
  }
}

function instancesRoute(context: ApiContext, request: ApiRequest): Reply {
  switch (request.method) {
    case 'GET':
      return listInstances(context, request);
    case 'DELETE':
      return purgeInstances(context, request);
    default:
      return emptyReply(404);
  }
}

async function instanceRoute(
  context: ApiContext,
  request: ApiRequest,
  [id, operation, detail]: [string, string | undefined, string | undefined],
  gone: AbortSignal,
): Promise<Reply> {
  if (operation === undefined) {
    if (request.method === 'GET') return getStatus(context, request, id);
    return request.method === 'DELETE' ? purgeInstance(context, id) : emptyReply(404);
  }
  if (request.method !== 'POST') return emptyReply(404);
  if (detail !== undefined) {
    return operation.toLowerCase() === 'raiseevent'
      ? raiseEvent(context, request, id, detail)
      : emptyReply(404);
  }
  switch (operation.toLowerCase()) {
    case 'terminate':
      return terminate(context, request, id);
    case 'suspend':
      return suspend(context, request, id);
    case 'resume':
      return resume(context, request, id);
    case 'rewind':
      return rewind(context, id);
    case 'restart':
      return restart(context, request, id, gone);
    default:
      return emptyReply(404);
  }
}

async function start(
  context: ApiContext,
  request: ApiRequest,
  name: string,
  instanceId: string,
  gone: AbortSignal,
): Promise<Reply> {
  const input = request.contentLength === 0 || request.body.trim() === '' ? null : jsonBody(request);
  const version = request.query.text('version');
  const id = await startOrchestration(context, { name, instanceId, input, version });
  return answerStart(context, request, id, gone);
}

/** Starts the function of an instance once more with the same input, under a new id unless the caller wants the old. */
async function restart(
  context: ApiContext,
  request: ApiRequest,
  instanceId: string,
  gone: AbortSignal,
): Promise<Reply> {
  const instance = context.store.find(instanceId);
  if (instance === undefined) {
    throw new ApiRefusal(
      400,
      'InstanceId does not match a valid orchestration instance.',
      `An orchestration with the instanceId ${instanceId} was not found.`,
      'System.ArgumentException',
    );
  }
  const { name, input } = instance;
  const newId = request.query.flag('restartWithNewInstanceId') ?? true;
  const id = await startOrchestration(context, {
    name,
    instanceId: newId ? '' : instanceId,
    input,
    version: undefined,
  });
  return answerStart(context, request, id, gone);
}
