import type { HttpRequest } from '@azure/functions';
import { Failure, messageOf } from '../failure.ts';

/** The largest body that a route takes. */
export const MAX_BODY_BYTES = 6 * 1024 * 1024;

const decoder = new TextDecoder('utf-8', { fatal: true });

/**
 * The JSON of a request's body.
 * @throws Failure `unsupported-media-type`, `too-large`, `malformed`
 */
export async function readJson(request: HttpRequest): Promise<unknown> {
  const type = request.headers.get('content-type') ?? '';
  if (!/^application\/([\w.-]+\+)?json\s*(;|$)/i.test(type)) {
    throw new Failure('unsupported-media-type', `Send JSON with the header 'Content-Type: application/json'`);
  }
  if (Number(request.headers.get('content-length')) > MAX_BODY_BYTES) throw tooLarge();
  const bytes = await request.arrayBuffer();
  if (bytes.byteLength > MAX_BODY_BYTES) throw tooLarge();
  try {
    return JSON.parse(decoder.decode(bytes));
  } catch (error) {
    throw new Failure('malformed', `The body cannot be read as JSON in UTF-8: ${messageOf(error)}`, {
      cause: error,
    });
  }
}

function tooLarge(): Failure {
  return new Failure('too-large', `The body is larger than ${MAX_BODY_BYTES} bytes (6 MiB)`);
}
