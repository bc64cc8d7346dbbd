import {
  type AppendBlobClient,
  type BlobServiceClient,
  type ContainerClient,
  RestError,
} from '@azure/storage-blob';
import type { LogBlobs } from '../events/ports.ts';
import { Failure } from '../failure.ts';
import { MAX_SILENCE_MS, piecesOf } from './blob-pieces.ts';
import { unlessSilent } from '../patience.ts';

/**
 * The blobs of one of the log's containers, behind its ports.
 * @param boundMs how long a write may take, tries and all: callers are waiting for what is spilled, and a worker that
 *   holds a partition is watched
 */
export function logBlobsOf(service: BlobServiceClient, container: string, boundMs: number): LogBlobs {
  const client = service.getContainerClient(container);
  const bound = () => ({ abortSignal: AbortSignal.timeout(boundMs) });
  return {
    create: (path, bytes) =>
      translate(`create ${container}/${path}`, () =>
        unlessThere(async () => {
          const conditions = { ifNoneMatch: '*' };
          await client.getBlockBlobClient(path).upload(bytes, bytes.byteLength, { conditions, ...bound() });
        }),
      ),
    append: (path, bytes) =>
      translate(`append to ${container}/${path}`, async () => {
        try {
          const { blobCommittedBlockCount } = await client
            .getAppendBlobClient(path)
            .appendBlock(bytes, bytes.byteLength, bound());
          return { kind: 'appended', blocks: blobCommittedBlockCount ?? 0 };
        } catch (error) {
          if (codeOf(error) === 'BlobNotFound') return { kind: 'missing' };
          if (FULL.has(codeOf(error) ?? '')) return { kind: 'full' };
          throw error;
        }
      }),
    start: (path) =>
      translate(`start ${container}/${path}`, async () => {
        const blob: AppendBlobClient = client.getAppendBlobClient(path);
        await unlessThere(async () => {
          await blob.create({ conditions: { ifNoneMatch: '*' }, ...bound() });
        });
      }),
    list: (prefix) => list(client, container, prefix),
    listSizes: (prefix) => listSizes(client, container, prefix),
    read: (path) => read(client, container, path),
    remove: (path) =>
      translate(`remove ${container}/${path}`, async () => {
        await client.getBlobClient(path).deleteIfExists(bound());
      }),
  };
}

/** An append blob that takes no further block, by the number of its blocks or by its size. */
const FULL: ReadonlySet<string> = new Set([
  'BlockCountExceedsLimit',
  'MaxBlobSizeConditionNotMet',
  'BlobTooLarge',
]);

async function* list(client: ContainerClient, container: string, prefix: string): AsyncGenerator<string> {
  for await (const { path } of listSizes(client, container, prefix)) yield path;
}

async function* listSizes(
  client: ContainerClient,
  container: string,
  prefix: string,
): AsyncGenerator<{ path: string; bytes: number }> {
  try {
    const blobs = unlessSilent(MAX_SILENCE_MS, (abortSignal) =>
      client.listBlobsFlat({ prefix, abortSignal }),
    );
    for await (const { name, properties } of blobs)
      yield { path: name, bytes: properties.contentLength ?? 0 };
  } catch (error) {
    throw unavailable(`list ${container}/${prefix}`, error);
  }
}

async function* read(client: ContainerClient, container: string, path: string): AsyncGenerator<Uint8Array> {
  try {
    yield* piecesOf(client.getBlobClient(path));
  } catch (error) {
    if (codeOf(error) === 'BlobNotFound') return;
    throw unavailable(`read ${container}/${path}`, error);
  }
}

/** @returns false where the write was refused because the blob exists */
async function unlessThere(write: () => Promise<void>): Promise<boolean> {
  try {
    await write();
    return true;
  } catch (error) {
    if (error instanceof RestError && (error.statusCode === 409 || error.statusCode === 412)) {
      if (codeOf(error) === 'BlobAlreadyExists' || codeOf(error) === 'ConditionNotMet') return false;
    }
    throw error;
  }
}

/** The service's word for what is wrong. */
function codeOf(error: unknown): string | undefined {
  return error instanceof RestError ? error.code : undefined;
}

async function translate<T>(what: string, call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (error) {
    throw unavailable(what, error);
  }
}

function unavailable(what: string, cause: unknown): Failure {
  return new Failure('unavailable', `Blob storage did not answer as expected (${what})`, { cause });
}
