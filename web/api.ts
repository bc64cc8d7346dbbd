import * as z from 'zod/mini';
import { problemShape } from './shapes.ts';

/** What a call needs a key for: in Azure these have keys of their own. */
export type Right = 'read' | 'approve' | 'abort';

/** A call that was not answered as it should have been. `status` is 0 where nothing answered. */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  readonly status: number;

  constructor(status: number, message: string, cause?: unknown) {
    super(message, { cause });
    this.status = status;
  }
}

const PATIENCE_MS = 15_000;

/** Calls of the API with the keys that were given in this tab. */
export class Api {
  readonly #keyOf: (right: Right) => string | null;

  constructor(keyOf: (right: Right) => string | null) {
    this.#keyOf = keyOf;
  }

  /** @throws ApiError */
  async get<T>(path: string, shape: z.ZodMiniType<T>, signal: AbortSignal): Promise<T> {
    return read(await this.#send(path, 'read', 'application/json', { signal }), shape);
  }

  /** A page of the API as a file, for where a link cannot send the key. @throws ApiError */
  async page(path: string): Promise<Blob> {
    return (await this.#send(path, 'read', 'text/html', {})).blob();
  }

  /** @throws ApiError */
  async order<T>(path: string, right: Right, body: object, shape: z.ZodMiniType<T>): Promise<T> {
    const sent = { method: 'POST', body: JSON.stringify(body) };
    return read(await this.#send(path, right, 'application/json', sent), shape);
  }

  async #send(path: string, right: Right, accept: string, init: RequestInit): Promise<Response> {
    const key = this.#keyOf(right);
    const headers = new Headers({ accept });
    if (init.body !== undefined) headers.set('content-type', 'application/json');
    if (key !== null) headers.set(...credential(key));
    const timeout = AbortSignal.timeout(PATIENCE_MS);
    const signal = init.signal ? AbortSignal.any([init.signal, timeout]) : timeout;
    let response: Response;
    try {
      response = await fetch(path, { ...init, headers, signal, cache: 'no-store', redirect: 'error' });
    } catch (error) {
      const why = timeout.aborted ? `no answer within ${PATIENCE_MS / 1_000} s` : 'no answer: is the app up?';
      throw new ApiError(0, why, error);
    }
    if (!response.ok) throw new ApiError(response.status, await explanation(response));
    return response;
  }
}

/** With `AUTH_MODE=entra` callers have tokens in place of keys: three parts between dots, which a key does not have. */
function credential(given: string): [header: string, value: string] {
  return /^[\w-]+\.[\w-]+\.[\w-]+$/.test(given)
    ? ['authorization', `Bearer ${given}`]
    : ['x-functions-key', given];
}

async function read<T>(response: Response, shape: z.ZodMiniType<T>): Promise<T> {
  const body: unknown = await response.json().catch((error: unknown) => {
    throw new ApiError(response.status, 'the answer breaks off or is no JSON', error);
  });
  const parsed = z.safeParse(shape, body);
  if (parsed.success) return parsed.data;
  const where = parsed.error.issues[0]?.path.join('.') ?? '';
  throw new ApiError(
    response.status,
    `the answer is not what this page understands (${where})`,
    parsed.error,
  );
}

async function explanation(response: Response): Promise<string> {
  const text = await response.text().catch(() => '');
  if (response.status === 401) return 'a key or a token is needed';
  const parsed = z.safeParse(problemShape, json(text));
  const said = parsed.success ? (parsed.data.detail ?? parsed.data.title) : undefined;
  return said === undefined ? `HTTP ${response.status}` : `${said} (HTTP ${response.status})`;
}

function json(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // Not every refusal is the app's own: a proxy answers in HTML.
    return undefined;
  }
}
