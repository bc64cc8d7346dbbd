import { setTimeout as wait } from 'node:timers/promises';
import type { z } from 'zod';
import { messageOf } from '../../shared/failure.ts';

/** A cold start may take as long. */
const REQUEST_MS = 30_000;
const POLL_MS = 500;
/** How much of a reply that was not expected is shown, in characters. */
const SHOWN = 300;

export interface SmokeTarget {
  readonly url: string;
  /** Of the routes that score and take labels. */
  readonly key: string | undefined;
  /** Of the routes that read. */
  readonly readKey: string | undefined;
  /** In place of keys, where the app takes tokens. */
  readonly token: string | undefined;
  /** How long whatever takes time after a deployment may take, in milliseconds. */
  readonly waitMs: number;
}

export interface SmokeReply {
  readonly status: number;
  readonly headers: Headers;
  readonly body: string;
}

export type Caller = 'score' | 'read' | 'nobody';

export interface SmokeRequest {
  readonly as?: Caller;
  readonly headers?: Readonly<Record<string, string>>;
  /** JSON, unless it is a text. With one the request is a POST. */
  readonly body?: unknown;
}

/** Sends one request. @throws Error where no reply comes, with the reason */
export async function call(
  target: SmokeTarget,
  path: string,
  { as = 'read', headers = {}, body }: SmokeRequest = {},
): Promise<SmokeReply> {
  const sent = {
    'content-type': 'application/json',
    ...credentials(target, as),
    ...headers,
  };
  try {
    const response = await fetch(new URL(path, target.url), {
      method: body === undefined ? 'GET' : 'POST',
      headers: sent,
      // Credentials do not follow to wherever a reply points.
      redirect: 'error',
      signal: AbortSignal.timeout(REQUEST_MS),
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
    return { status: response.status, headers: response.headers, body: await response.text() };
  } catch (error) {
    const cause = error instanceof Error && error.cause !== undefined ? `: ${messageOf(error.cause)}` : '';
    throw new Error(`${path} gave no reply (${messageOf(error)}${cause})`, { cause: error });
  }
}

function credentials({ key, readKey, token }: SmokeTarget, as: Caller): Record<string, string> {
  if (as === 'nobody') return {};
  if (token !== undefined) return { authorization: `Bearer ${token}` };
  const own = as === 'read' ? (readKey ?? key) : key;
  return own === undefined ? {} : { 'x-functions-key': own };
}

/** The reply's JSON in the shape that it should have. @throws Error naming what is not as expected */
export function expectJson<T>(reply: SmokeReply, status: number, schema: z.ZodType<T>): T {
  if (reply.status !== status) {
    throw new Error(`answered ${reply.status} and not ${status}: ${reply.body.slice(0, SHOWN)}`);
  }
  let value: unknown;
  try {
    value = JSON.parse(reply.body);
  } catch (error) {
    throw new Error(`the reply is not JSON: ${reply.body.slice(0, SHOWN)}`, { cause: error });
  }
  const parsed = schema.safeParse(value);
  if (!parsed.success) {
    const faults = parsed.error.issues.map(({ path, message }) => `${path.join('.')} ${message}`.trim());
    throw new Error(`the reply is not as expected (${faults.join('; ')}): ${reply.body.slice(0, SHOWN)}`);
  }
  return parsed.data;
}

/** Tries until it succeeds or the time is over. @throws the last try's error, with how long was waited */
export async function eventually<T>(waitMs: number, attempt: () => Promise<T>): Promise<T> {
  const giveUp = performance.now() + waitMs;
  for (;;) {
    try {
      return await attempt();
    } catch (error) {
      if (performance.now() + POLL_MS > giveUp) {
        throw new Error(`${messageOf(error)} (after waiting ${Math.round(waitMs / 1_000)} s)`, {
          cause: error,
        });
      }
    }
    await wait(POLL_MS);
  }
}
