import { Readable } from 'node:stream';
import {
  BlobServiceClient,
  type BlockBlobClient,
  type ContainerClient,
  RestError,
} from '@azure/storage-blob';
import type { Access } from '../config.ts';
import { Failure } from '../failure.ts';
import type { Blobs, LargeBlobs } from '../registry/ports.ts';
import { piecesOf } from './blob-pieces.ts';
import { credentialFor } from './identity.ts';

/** A model folder's largest file is far below this; anything above is not ours. */
const MAX_BLOB_BYTES = 512 * 1024 * 1024;

/** How long a write may take, tries and all: the SDK by itself would wait for a silent service without end. */
const BOUND_MS = 30_000;

const options = { retryOptions: { maxTries: 2, retryDelayInMs: 200, maxRetryDelayInMs: 500 } };

/** Pieces of a large blob: so many bytes are sent at a time. */
const BLOCK_BYTES = 8 * 1024 * 1024;

/** One client per worker; connections are pooled inside it. */
export async function openBlobService(access: Access): Promise<BlobServiceClient> {
  return access.by === 'connection-string'
    ? BlobServiceClient.fromConnectionString(access.connectionString, options)
    : new BlobServiceClient(access.endpoint, await credentialFor(access.clientId), options);
}

/** The blobs of one container, behind the port that the capabilities use. */
export function blobsOf(service: BlobServiceClient, container: string): Blobs & LargeBlobs {
  const client = service.getContainerClient(container);
  return {
    read: (path) => translate(`read ${container}/${path}`, () => readWhole(client, path)),
    create: (path, bytes) =>
      translate(`create ${container}/${path}`, () =>
        unlessThere(() => client.getBlockBlobClient(path).uploadData(bytes, { ...onlyNew, ...bound() })),
      ),
    createFrom: (path, pieces) =>
      translate(`create ${container}/${path}`, () =>
        unlessThere(() => uploadFrom(client.getBlockBlobClient(path), pieces)),
      ),
    write: (path, bytes) =>
      translate(`write ${container}/${path}`, async () => {
        await client.getBlockBlobClient(path).uploadData(bytes, bound());
      }),
  };
}

const onlyNew = { conditions: { ifNoneMatch: '*' } };

/** @returns false where the call was refused because the blob exists */
async function unlessThere(call: () => Promise<unknown>): Promise<boolean> {
  try {
    await call();
    return true;
  } catch (error) {
    if (error instanceof RestError && (error.statusCode === 409 || error.statusCode === 412)) return false;
    throw error;
  }
}

/** However long all of it takes, no block may take longer than a whole small blob may. */
async function uploadFrom(blob: BlockBlobClient, pieces: AsyncIterable<Uint8Array>): Promise<void> {
  const silence = new AbortController();
  const giveUp = () => silence.abort(new Error(`nothing was taken for ${BOUND_MS} ms`));
  let timer = setTimeout(giveUp, BOUND_MS);
  try {
    await blob.uploadStream(Readable.from(pieces), BLOCK_BYTES, 2, {
      ...onlyNew,
      abortSignal: silence.signal,
      onProgress: () => {
        clearTimeout(timer);
        timer = setTimeout(giveUp, BOUND_MS);
      },
    });
  } finally {
    clearTimeout(timer);
  }
}

async function readWhole(client: ContainerClient, path: string): Promise<Uint8Array | undefined> {
  const pieces: Uint8Array[] = [];
  let bytes = 0;
  try {
    for await (const piece of piecesOf(client.getBlobClient(path))) {
      pieces.push(piece);
      bytes += piece.byteLength;
      if (bytes > MAX_BLOB_BYTES) throw new Error(`${path} is larger than ${MAX_BLOB_BYTES} bytes`);
    }
  } catch (error) {
    if (error instanceof RestError && error.statusCode === 404) return undefined;
    throw error;
  }
  return Buffer.concat(pieces, bytes);
}

async function translate<T>(what: string, call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (error) {
    throw new Failure('unavailable', `Blob storage did not answer as expected (${what})`, { cause: error });
  }
}

function bound(): { abortSignal: AbortSignal } {
  return { abortSignal: AbortSignal.timeout(BOUND_MS) };
}
