import type { HttpRequest } from '@azure/functions';
import { Failure, messageOf } from '../failure.ts';

/** The largest body that a route takes. */
export const MAX_BODY_BYTES = 6 * 1024 * 1024;

/** What decoding puts in the place of bytes that are no UTF-8. */
const REPLACEMENT = '\uFFFD';

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
  const text = await request.text();
  if (Buffer.byteLength(text) > MAX_BODY_BYTES) throw tooLarge();
  if (text.includes(REPLACEMENT))
    throw new Failure('malformed', 'The body is not UTF-8, or was damaged on its way');
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new Failure('malformed', `The body cannot be read as JSON: ${messageOf(error)}`, { cause: error });
  }
}

function tooLarge(): Failure {
  return new Failure('too-large', `The body is larger than ${MAX_BODY_BYTES} bytes (6 MiB)`);
}
