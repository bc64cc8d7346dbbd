import { z } from 'zod';
import type { Container, Query, Row } from './emulator.ts';
import { isIn } from './partition.ts';
import { badRequest, type Reply } from './reply.ts';

/** A query, or the reading of all documents, as its headers describe it. */
export interface QueryRequest {
  readonly partitionKey: string | undefined;
  readonly crossPartition: boolean;
  readonly maxItemCount: number | undefined;
  readonly continuation: string | undefined;
}

const queryBody = z.object({
  query: z.string(),
  parameters: z.array(z.object({ name: z.string(), value: z.unknown() })).default([]),
});
type QueryBody = z.infer<typeof queryBody>;

const continuationToken = z.object({ token: z.string() });
const indexingPolicy = z.looseObject({ compositeIndexes: z.array(z.unknown()).optional() });

const EVERYTHING: QueryBody = { query: 'SELECT * FROM c', parameters: [] };

/** Answers the reading of all documents, of one partition or of all. */
export function answerFeed(container: Container, request: QueryRequest): Reply {
  return find(container, { ...request, crossPartition: true }, EVERYTHING);
}

/** Answers a query. Unlike the package's own, it sees only the partition that the request names. */
export function answerQuery(container: Container, request: QueryRequest, body: unknown): Reply {
  const parsed = queryBody.safeParse(body).data;
  return parsed === undefined ? badRequest('The body is not a query.') : find(container, request, parsed);
}

function find(container: Container, request: QueryRequest, { query, parameters }: QueryBody): Reply {
  const { partitionKey, maxItemCount, continuation } = request;
  if (partitionKey === undefined && !request.crossPartition) {
    return badRequest('Cross partition query is required but disabled.');
  }
  const token = continuation === undefined ? undefined : parseToken(continuation);
  if (continuation !== undefined && token === undefined) return badRequest('Invalid Continuation Token');
  const rows = [...container.documents._data.values()]
    .flatMap((document) => document.read() ?? [])
    .filter((row) => partitionKey === undefined || isIn(container, row, partitionKey));
  let found: ReturnType<Query['exec']>;
  try {
    found = container.documents._getQuery(query).exec(rows, {
      parameters,
      udf: {},
      compositeIndexes: compositeIndexesOf(container.read()),
      ...(maxItemCount === undefined ? {} : { maxItemCount }),
      ...(token === undefined ? {} : { continuation: token }),
    });
  } catch (error) {
    // The query engine throws for what it can't parse as well as for what it can't compute.
    return badRequest(error instanceof Error ? error.message : String(error));
  }
  const count = found.result.length;
  return {
    status: 200,
    body: { Documents: found.result, _count: count },
    headers: {
      'x-ms-item-count': String(count),
      ...(found.continuation ? { 'x-ms-continuation': JSON.stringify(found.continuation) } : {}),
    },
  };
}

function parseToken(text: string): z.infer<typeof continuationToken> | undefined {
  try {
    return continuationToken.safeParse(JSON.parse(text)).data;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

function compositeIndexesOf(container: Row | undefined): unknown[] {
  return indexingPolicy.safeParse(container?.['indexingPolicy']).data?.compositeIndexes ?? [];
}
