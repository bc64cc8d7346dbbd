import { Failure, type FailureKind, type Problem } from '../failure.ts';

/** What a route answers: the plain form of a Functions `HttpResponseInit`. Status 200 where none is given. */
export interface Reply {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly jsonBody?: unknown;
  readonly body?: string | Uint8Array;
}

/** The one place that knows HTTP status codes of failures. */
const STATUS: Record<FailureKind, { readonly status: number; readonly title: string }> = {
  malformed: { status: 400, title: 'The body is not JSON' },
  invalid: { status: 400, title: 'The request is not valid' },
  unauthenticated: { status: 401, title: 'Who calls is not known' },
  'not-found': { status: 404, title: 'Not found' },
  forbidden: { status: 403, title: 'Forbidden' },
  conflict: { status: 409, title: 'Conflict' },
  'too-large': { status: 413, title: 'Too large' },
  'unsupported-media-type': { status: 415, title: 'The content type is not supported' },
  unavailable: { status: 503, title: 'Not available now' },
};

/** RFC 9457. */
export interface ProblemDetails {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  readonly instance?: string;
  readonly errors?: readonly Problem[];
}

/** A failure as `application/problem+json`; anything that is no `Failure` is a 500 that tells nothing of its cause. */
export function problemReply(error: unknown, correlationId: string): Reply {
  const failure = error instanceof Failure ? error : undefined;
  const { status, title } =
    failure === undefined ? { status: 500, title: 'Internal error' } : STATUS[failure.kind];
  const details: ProblemDetails = {
    type: 'about:blank',
    title,
    status,
    detail: failure?.message ?? 'Something went wrong on our side; the correlation id finds it in the logs',
    instance: `urn:tollgate:request:${correlationId}`,
    ...(failure !== undefined && failure.problems.length > 0 ? { errors: failure.problems } : {}),
  };
  return {
    status,
    headers: {
      'content-type': 'application/problem+json',
      ...(failure?.challenge === undefined ? {} : { 'www-authenticate': failure.challenge }),
      ...(failure?.retryable === true ? { 'retry-after': String(failure.retryAfterSeconds) } : {}),
    },
    body: JSON.stringify(details),
  };
}
