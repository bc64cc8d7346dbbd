import {
  type Container,
  CosmosClient,
  type Database,
  ErrorResponse,
  type FeedOptions,
  type JSONValue,
} from '@azure/cosmos';
import type { Access } from '../config.ts';
import { Failure } from '../failure.ts';
import type { Documents, Stored } from '../registry/ports.ts';
import { credentialFor } from './identity.ts';
import { DATABASE } from './layout.ts';
import { within } from '../patience.ts';

/** How long one call may take, tries and all: where there are several regions the SDK tries 120 times. */
const BOUND_MS = 5_000;

/** One client per worker. Each attempt is bounded; throttled and failed reads are tried again a few times. */
export async function openCosmos(access: Access): Promise<Database> {
  const policy = {
    requestTimeout: BOUND_MS,
    retryOptions: { maxRetryAttemptCount: 3, fixedRetryIntervalInMilliseconds: 0, maxWaitTimeInSeconds: 5 },
  };
  const client =
    access.by === 'connection-string'
      ? new CosmosClient({
          connectionString: access.connectionString,
          // An emulator has one region, and names an address of its own that need not be reachable from here.
          connectionPolicy: { ...policy, enableEndpointDiscovery: false },
        })
      : new CosmosClient({
          endpoint: access.endpoint,
          aadCredentials: await credentialFor(access.clientId),
          connectionPolicy: policy,
        });
  return client.database(DATABASE);
}

/** The documents of one container that is partitioned by `/model`, behind the port that the capabilities use. */
export function documentsOf(database: Database, containerName: string): Documents {
  const container = database.container(containerName);
  return {
    read: (model, id) =>
      translate(`read ${model}/${id}`, async (abortSignal) =>
        stored((await container.item(id, model).read<object>({ abortSignal })).resource),
      ),
    create: (model, id, value) =>
      translate(`create ${model}/${id}`, (abortSignal) =>
        unless([409], async () =>
          stored((await container.items.create<object>({ ...value, id, model }, { abortSignal })).resource),
        ),
      ),
    replace: (model, id, value, etag) =>
      translate(`replace ${model}/${id}`, (abortSignal) =>
        unless([412], async () => {
          const accessCondition = { type: 'IfMatch', condition: etag };
          const response = await container
            .item(id, model)
            .replace<object>({ ...value, id, model }, { accessCondition, abortSignal });
          return stored(response.resource);
        }),
      ),
    listDescending: (model, kind, limit, before) =>
      translate(`list ${kind} of ${model}`, (abortSignal) =>
        runQuery(
          container,
          'SELECT TOP @limit * FROM c WHERE c.kind = @kind AND c.number < @before ORDER BY c.number DESC',
          { '@limit': limit, '@kind': kind, '@before': before ?? Number.MAX_SAFE_INTEGER },
          { partitionKey: model, abortSignal },
        ),
      ),
    acrossModels: (id, limit, after) =>
      translate(`list ${id} of every model`, async (abortSignal) => {
        const found = await runQuery(
          container,
          'SELECT TOP @limit * FROM c WHERE c.id = @id AND c.model > @after ORDER BY c.model',
          { '@limit': limit, '@id': id, '@after': after ?? '' },
          { abortSignal },
        );
        return found.flatMap((value) => stored(value) ?? []);
      }),
  };
}

async function runQuery(
  container: Container,
  text: string,
  parameters: Record<string, JSONValue>,
  options: FeedOptions,
): Promise<unknown[]> {
  const spec = {
    query: text,
    parameters: Object.entries(parameters).map(([name, value]) => ({ name, value })),
  };
  const { resources } = await container.items.query<unknown>(spec, options).fetchAll();
  return resources;
}

/** A document with its ETag; undefined where there is none. */
export function stored(resource: unknown): Stored | undefined {
  if (typeof resource !== 'object' || resource === null || !('_etag' in resource)) return undefined;
  return { value: resource, etag: String(resource._etag) };
}

/** @returns undefined where the service refuses the call with one of the statuses */
export async function unless<T>(statuses: readonly number[], call: () => Promise<T>): Promise<T | undefined> {
  try {
    return await call();
  } catch (error) {
    if (error instanceof ErrorResponse && statuses.some((status) => status === error.code)) return undefined;
    throw error;
  }
}

/** Bounds a call. @throws Failure `unavailable`, whatever went wrong */
export async function translate<T>(what: string, call: (signal: AbortSignal) => Promise<T>): Promise<T> {
  try {
    return await within(BOUND_MS, call);
  } catch (error) {
    throw new Failure('unavailable', `Cosmos DB did not answer as expected (${what})`, { cause: error });
  }
}
