import type { BlobClient } from '@azure/storage-blob';
import { unlessSilent } from '../patience.ts';

/** How long a blob that is being read, or a listing, may bring nothing: callers may be waiting. Milliseconds. */
export const MAX_SILENCE_MS = 5_000;

/**
 * A blob's bytes as they come.
 * @throws RestError of the SDK where the blob is missing; any error where the service falls silent
 */
export async function* piecesOf(blob: BlobClient): AsyncGenerator<Uint8Array, void, undefined> {
  const pieces = unlessSilent(MAX_SILENCE_MS, async (abortSignal) => {
    const { readableStreamBody } = await blob.download(0, undefined, { abortSignal });
    if (readableStreamBody === undefined) throw new Error('The SDK gave no stream');
    return readableStreamBody;
  });
  for await (const piece of pieces) yield typeof piece === 'string' ? Buffer.from(piece) : piece;
}
