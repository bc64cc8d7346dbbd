import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { unlessSilent } from '../../shared/patience.ts';

/** How long a server may send nothing. Milliseconds. */
const MAX_SILENCE_MS = 30_000;

type Fetch = (url: string, init: { signal: AbortSignal }) => Promise<Response>;

/**
 * Downloads a file and checks that it is the one that was asked for.
 * @param sha256 lower-case hex
 * @throws Error where the server does not give it, falls silent, leads away from https, or gives another file
 */
export async function download(
  url: string,
  sha256: string,
  to: string,
  onBytes: (done: number, total: number) => void,
  get: Fetch = fetch,
): Promise<void> {
  const hash = createHash('sha256');
  let done = 0;
  let total = 0;
  const pieces = unlessSilent<Uint8Array>(MAX_SILENCE_MS, async (signal) => {
    const response = await get(url, { signal });
    if (!response.ok || response.body === null) throw new Error(`${url} answered ${response.status}`);
    if (response.redirected && !response.url.startsWith('https://'))
      throw new Error(`${url} leads away from https: ${response.url}`);
    total = Number(response.headers.get('content-length') ?? 0);
    return response.body;
  });
  async function* counted(): AsyncGenerator<Uint8Array> {
    for await (const piece of pieces) {
      hash.update(piece);
      done += piece.byteLength;
      onBytes(done, Math.max(total, done));
      yield piece;
    }
  }
  await pipeline(Readable.from(counted()), createWriteStream(to));
  const found = hash.digest('hex');
  if (found !== sha256) throw new Error(`${url} has SHA-256 ${found}, not ${sha256}: it is another file`);
}
