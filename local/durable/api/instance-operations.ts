import type { Reply } from '../../host/http-reply.ts';
import type { ApiContext } from './api-context.ts';
import { badArgument, emptyReply, errorReply, internalError, jsonReply } from './api-reply.ts';
import { jsonBody, type ApiRequest } from './api-request.ts';
import { EVENT, hasEnded, type HistoryEvent } from '../history.ts';
import type { Instance } from '../instance.ts';

/** Raises an event for an instance that has not ended. The body is the event's data, JSON. */
export function raiseEvent(
  context: ApiContext,
  request: ApiRequest,
  instanceId: string,
  name: string,
): Reply {
  return withRunning(context, instanceId, () => {
    if (request.mediaType !== 'application/json') {
      return errorReply(400, 'Only application/json request content is supported');
    }
    return { ...outside(context), EventType: EVENT.eventRaised, Name: name, Input: jsonBody(request) };
  });
}

export function terminate(context: ApiContext, { query }: ApiRequest, instanceId: string): Reply {
  return withRunning(context, instanceId, () => ({
    ...outside(context),
    EventType: EVENT.executionTerminated,
    Input: query.text('reason') ?? null,
  }));
}

/** Suspends an instance; as in the extension it is an error that it is suspended already. */
export function suspend(context: ApiContext, { query }: ApiRequest, instanceId: string): Reply {
  return withRunning(context, instanceId, ({ status }) => {
    if (status === 'Suspended') throw wrongStatus('suspend', instanceId, status);
    return {
      ...outside(context),
      EventType: EVENT.executionSuspended,
      Reason: query.text('reason') ?? null,
    };
  });
}

/** Resumes an instance; as in the extension it is an error that it is not suspended. */
export function resume(context: ApiContext, { query }: ApiRequest, instanceId: string): Reply {
  return withRunning(context, instanceId, ({ status }) => {
    if (status !== 'Suspended') throw wrongStatus('resume', instanceId, status);
    return {
      ...outside(context),
      EventType: EVENT.executionResumed,
      Reason: query.text('reason') ?? null,
    };
  });
}

/** Refuses to rewind. The library's client shows the text of these answers. */
export function rewind({ store }: ApiContext, instanceId: string): Reply {
  const instance = store.find(instanceId);
  if (instance === undefined) return jsonReply(404, `No instance with ID '${instanceId}' was found.`);
  if (instance.status !== 'Failed') {
    return jsonReply(
      412,
      `The rewind operation is only supported on failed orchestration instances, and "${instanceId}" is ${instance.status}.`,
    );
  }
  return jsonReply(501, 'The rewind operation is not supported by this task hub.');
}

function withRunning(
  context: ApiContext,
  instanceId: string,
  eventFor: (instance: Instance) => HistoryEvent | Reply,
): Reply {
  const instance = context.store.find(instanceId);
  if (instance === undefined) return emptyReply(404);
  if (hasEnded(instance.status)) return emptyReply(410);
  if (instance.kind === 'entity') {
    throw badArgument(`"${instanceId}" is an entity: it is signalled, not managed as an orchestration.`);
  }
  const outcome = eventFor(instance);
  if ('body' in outcome) return outcome;
  // To whichever execution: a new one may begin before the message arrives.
  context.store.send([{ instanceId, executionId: null, visibleAt: 0, event: outcome }]);
  return emptyReply(202);
}

/** What all events from outside have in common. */
function outside(context: ApiContext) {
  return { EventId: -1, IsPlayed: false, Timestamp: new Date(context.now()).toISOString() };
}

function wrongStatus(verb: string, instanceId: string, status: string) {
  return internalError(
    `Cannot ${verb} the orchestration instance ${instanceId} because instance is in the ${status} state.`,
  );
}
