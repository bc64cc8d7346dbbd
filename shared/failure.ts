/** What went wrong, in the words of the domain; `shared/http/problem.ts` alone maps kinds to status codes. */
export type FailureKind =
  | 'malformed' // not JSON, not UTF-8
  | 'invalid' // JSON, but not what the route takes
  | 'unsupported-media-type'
  | 'too-large'
  | 'unauthenticated' // nobody knows who this caller is
  | 'not-found'
  | 'forbidden' // this caller may not, another one may
  | 'conflict'
  | 'unavailable'; // a part that is needed is not there now: the caller may try again

/** One offending place of a body; `path` is a JSON Pointer (RFC 6901) into it. */
export interface Problem {
  readonly path: string;
  readonly message: string;
}

interface FailureDetails {
  readonly problems?: readonly Problem[];
  readonly retryAfterSeconds?: number;
  readonly challenge?: string;
  readonly cause?: unknown;
}

/** An error that is meant for the caller: its message is safe to show and says what to do. */
export class Failure extends Error {
  override readonly name = 'Failure';
  readonly kind: FailureKind;
  readonly problems: readonly Problem[];
  readonly retryAfterSeconds: number;
  /** How a caller makes itself known: the header `WWW-Authenticate`. */
  readonly challenge: string | undefined;

  constructor(kind: FailureKind, message: string, details: FailureDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.kind = kind;
    this.problems = details.problems ?? [];
    this.retryAfterSeconds = details.retryAfterSeconds ?? 1;
    this.challenge = details.challenge;
  }

  /** True where the same call may succeed later without any change of its own. */
  get retryable(): boolean {
    return this.kind === 'unavailable';
  }
}

/** The message of anything that was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
