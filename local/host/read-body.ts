import type { IncomingMessage } from 'node:http';

export type BodyOutcome =
  { readonly kind: 'body'; readonly body: Buffer | undefined } | { readonly kind: 'too-large' };

/** Whether a message has a body at all (RFC 9112, 6): without these headers a request has none. */
export function hasBody(message: IncomingMessage): boolean {
  const { headers } = message;
  const length = headers['content-length'];
  return headers['transfer-encoding'] !== undefined || (length !== undefined && length !== '0');
}

/**
 * Collects the whole body. Nothing is reported when the caller goes away before its end.
 * @param limit in bytes; a longer body is reported as too large as soon as that is known, and dropped
 */
export function readBody(
  message: IncomingMessage,
  limit: number,
  done: (outcome: BodyOutcome) => void,
): void {
  const declared = message.headers['content-length'];
  if (declared !== undefined && Number(declared) > limit) {
    done({ kind: 'too-large' });
    return;
  }
  let first: Buffer | undefined;
  let more: Buffer[] | undefined;
  let size = 0;
  let over = false;
  message.on('data', (chunk: Buffer) => {
    if (over) return;
    size += chunk.length;
    if (size > limit) {
      over = true;
      first = undefined;
      more = undefined;
      done({ kind: 'too-large' });
      return;
    }
    if (first === undefined) first = chunk;
    else (more ??= [first]).push(chunk);
  });
  message.on('end', () => {
    if (over) return;
    done({ kind: 'body', body: more === undefined ? first : Buffer.concat(more, size) });
  });
}
