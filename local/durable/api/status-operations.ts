import { setTimeout } from 'node:timers/promises';
import type { Reply } from '../../host/http-reply.ts';
import type { ApiContext } from './api-context.ts';
import { badArgument, emptyReply, errorReply, jsonReply } from './api-reply.ts';
import type { ApiRequest } from './api-request.ts';
import { hasEnded } from '../history.ts';
import type { Instance } from '../instance.ts';
import { decodePageToken, encodePageToken } from './page-token.ts';
import { managementUrls } from './management-urls.ts';
import { statusView } from './status-view.ts';

/** Seconds after which callers are asked to look again. */
const RETRY_AFTER_START = '10';
const RETRY_AFTER_STATUS = '5';
const DEFAULT_PAGE = 100;
const LARGEST_PAGE = 1_000;

/** Answers with an instance's status: 202 while it runs. */
export function getStatus(context: ApiContext, request: ApiRequest, instanceId: string): Reply {
  const instance = context.store.find(instanceId);
  if (instance === undefined) return emptyReply(404);
  const { query } = request;
  const options = {
    showInput: query.flag('showInput') ?? true,
    showOutput: query.flag('showHistoryOutput') ?? false,
  };
  const history =
    query.flag('showHistory') === true && instance.status !== 'Pending'
      ? context.store.history(instanceId)
      : undefined;
  const view = statusView(instance, options, history);
  if (!hasEnded(instance.status)) {
    return jsonReply(202, view, ['location', request.url, 'retry-after', RETRY_AFTER_STATUS]);
  }
  const asError = instance.status === 'Failed' && query.flag('returnInternalServerErrorOnFailure') === true;
  return jsonReply(asError ? 500 : 200, view);
}

/** Lists instances, page by page; entities are among them, as on Azure. */
export function listInstances(context: ApiContext, request: ApiRequest): Reply {
  const { query } = request;
  const size = pageSize(request);
  const page = context.store.list(
    {
      createdFrom: query.time('createdTimeFrom'),
      createdTo: query.time('createdTimeTo'),
      statuses: query.statuses('runtimeStatus'),
      instanceIdPrefix: query.text('instanceIdPrefix'),
    },
    size,
    decodePageToken(request.continuationToken),
  );
  const options = { showInput: query.flag('showInput') ?? true, showOutput: false };
  const views = page.map((instance) => statusView(instance, options));
  const token = page.length < size ? '' : encodePageToken(page.at(-1)?.instanceId);
  return jsonReply(200, views, ['x-ms-continuation-token', token]);
}

/** How many a caller wants on a page. */
export function pageSize({ query }: ApiRequest): number {
  const size = query.integer('top') ?? DEFAULT_PAGE;
  return size < 1 ? DEFAULT_PAGE : Math.min(size, LARGEST_PAGE);
}

/** The answer to a start: where to ask for the instance. */
export function checkStatusReply(context: ApiContext, request: ApiRequest, instanceId: string): Reply {
  const address = { ...context.address(), origin: request.origin };
  const { rewindPostUri: _, ...urls } = managementUrls(address, instanceId);
  return jsonReply(202, urls, ['location', urls.statusQueryGetUri, 'retry-after', RETRY_AFTER_START]);
}

/**
 * Answers a start: at once, or with the result where the caller asked to wait and the instance ends in time.
 * @param gone aborted when the caller goes away
 */
export async function answerStart(
  context: ApiContext,
  request: ApiRequest,
  instanceId: string,
  gone: AbortSignal,
): Promise<Reply> {
  const timeout = request.query.seconds('timeout');
  const interval = request.query.seconds('pollingInterval');
  if (timeout === undefined || interval === undefined) return checkStatusReply(context, request, instanceId);
  if (interval > timeout) {
    throw badArgument(
      `Total timeout ${String(timeout / 1_000)} should be bigger than retry timeout ${String(interval / 1_000)}`,
    );
  }
  const instance = await waitForEnd(context, instanceId, timeout, interval, gone);
  if (instance === undefined) return checkStatusReply(context, request, instanceId);
  if (instance.status !== 'Completed') return getStatus(context, request, instanceId);
  return jsonReply(200, statusView(instance, { showInput: false, showOutput: true }).output);
}

async function waitForEnd(
  context: ApiContext,
  instanceId: string,
  timeout: number,
  interval: number,
  gone: AbortSignal,
): Promise<Instance | undefined> {
  const end = performance.now() + timeout;
  for (;;) {
    const instance = context.store.find(instanceId);
    if (instance !== undefined && hasEnded(instance.status)) return instance;
    const left = end - performance.now();
    if (left <= 0) return undefined;
    await setTimeout(Math.min(left, Math.max(interval, 1)), undefined, { signal: gone });
  }
}

/** Forgets one instance. */
export function purgeInstance(context: ApiContext, instanceId: string): Reply {
  const instance = context.store.find(instanceId);
  if (instance === undefined) return emptyReply(404);
  if (instance.kind === 'orchestration' && !hasEnded(instance.status)) {
    return errorReply(
      412,
      `The instance "${instanceId}" can't be purged while it is ${instance.status}: only instances that have ended can.`,
    );
  }
  return jsonReply(200, { instancesDeleted: context.store.purge(instanceId) ? 1 : 0 });
}

/** Forgets all ended instances that were created in a time. */
export function purgeInstances(context: ApiContext, { query }: ApiRequest): Reply {
  const createdFrom = query.time('createdTimeFrom');
  if (createdFrom === undefined) {
    return jsonReply(400, "Please provide value for 'createdTimeFrom' parameter.");
  }
  const ended = query.statuses('runtimeStatus')?.filter(hasEnded);
  const instancesDeleted = context.store.purgeAll({
    createdFrom,
    createdTo: query.time('createdTimeTo') ?? context.now(),
    statuses: ended === undefined || ended.length === 0 ? undefined : ended,
  });
  return instancesDeleted === 0 ? emptyReply(404) : jsonReply(200, { instancesDeleted });
}
