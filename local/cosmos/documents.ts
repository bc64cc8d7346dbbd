import { answerBatch, type BatchRequest } from './batch.ts';
import { type Container, readOperation } from './emulator.ts';
import { type Operation, perform } from './operations.ts';
import { answerFeed, answerQuery, type QueryRequest } from './queries.ts';
import { badRequest, failure, type Reply } from './reply.ts';

/** A request for one container's documents, with what its headers say. */
export interface DocumentRequest extends QueryRequest, BatchRequest {
  readonly method: string;
  /** From the address; undefined for the container's documents as a whole. */
  readonly id: string | undefined;
  readonly isQuery: boolean;
  readonly isUpsert: boolean;
  readonly isBatch: boolean;
  readonly ifMatch: string | undefined;
  readonly ifNoneMatch: string | undefined;
}

/** Answers a request for documents of a container that exists; never waits, so that requests don't interleave. */
export function answerDocuments(container: Container, request: DocumentRequest): Reply {
  const { method, id } = request;
  if (id === undefined) {
    if (method === 'GET') return answerFeed(container, request);
    if (method !== 'POST')
      return failure(405, 'MethodNotAllowed', `${method} is not for a list of documents`);
    if (request.isBatch) return answerBatch(container, request);
    if (request.isQuery) return answerQuery(container, request, request.body);
    return carryOut(container, request, request.isUpsert ? 'Upsert' : 'Create');
  }
  switch (method) {
    case 'GET':
      return read(container, request, id);
    case 'PUT':
      return carryOut(container, request, 'Replace');
    case 'PATCH':
      return carryOut(container, request, 'Patch');
    case 'DELETE':
      return carryOut(container, request, 'Delete');
    default:
      return failure(405, 'MethodNotAllowed', `${method} is not for a document`);
  }
}

function read(container: Container, { partitionKey, ifNoneMatch }: DocumentRequest, id: string): Reply {
  if (partitionKey === undefined)
    return badRequest('PartitionKey value must be supplied for this operation.');
  const { statusCode, body } = readOperation(container, { partitionKey, id });
  const isKnown = body !== undefined && '_etag' in body && body._etag === ifNoneMatch;
  return isKnown ? { status: 304 } : { status: statusCode, body };
}

function carryOut(
  container: Container,
  request: DocumentRequest,
  operationType: Operation['operationType'],
): Reply {
  const { id, ifMatch, partitionKey, body } = request;
  const outcome = perform(container, { operationType, id, ifMatch, partitionKey, resourceBody: body });
  return { status: outcome.statusCode, body: outcome.body };
}
