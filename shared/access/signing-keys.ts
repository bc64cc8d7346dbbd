import { createLocalJWKSet, errors, type JWTVerifyGetKey } from 'jose';
import { z } from 'zod';
import { Failure } from '../failure.ts';

/** Everything in milliseconds. */
const ANSWER_MS = 5_000;
/** Keys are looked at again beside the request that finds them so old. */
const STALE_MS = 3_600_000;
/** Whatever the outage, a key is not believed in for longer. */
const TOO_OLD_MS = 24 * 3_600_000;
/** A key that is not known may be new, but tokens that anybody makes up must not have the keys fetched each time. */
const PAUSE_MS = 30_000;
const PAUSE_AFTER_FAILURE_MS = 2_000;
/** Of an answer; Entra's has some ten thousand. */
const MOST_BYTES = 512 * 1024;

const jwksSchema = z.object({ keys: z.array(z.looseObject({ kty: z.string() })).min(1) });

export interface SigningKeysOptions {
  readonly url: URL;
  /** Milliseconds that only go up. */
  readonly now: () => number;
  readonly report: (message: string, error: unknown) => void;
}

/** The public keys that an issuer signs with: fetched when they are first needed, kept, and fetched again for a new one. */
export class SigningKeys {
  readonly #options: SigningKeysOptions;
  #keys: { readonly find: JWTVerifyGetKey; readonly at: number } | undefined;
  #failedAt: number | undefined;
  #fetching: Promise<void> | undefined;

  constructor(options: SigningKeysOptions) {
    this.#options = options;
  }

  /**
   * Finds the key of a token.
   * @throws JOSEError where the issuer has no such key; Failure `unavailable` where that cannot be told now
   */
  readonly find: JWTVerifyGetKey = async (header, token) => {
    if (header.kid === undefined) throw new errors.JWSInvalid('it does not name its key');
    const known = this.#keys;
    const age = known === undefined ? Number.POSITIVE_INFINITY : this.#options.now() - known.at;
    if (known === undefined || age > TOO_OLD_MS) return (await this.#fetched())(header, token);
    if (age > STALE_MS) this.#fetchBeside();
    try {
      return await known.find(header, token);
    } catch (error) {
      if (!(error instanceof errors.JWKSNoMatchingKey) || age < PAUSE_MS) throw error;
      return (await this.#fetched())(header, token);
    }
  };

  async #fetched(): Promise<JWTVerifyGetKey> {
    try {
      await this.#fetchOnce();
    } catch (error) {
      const details = { retryAfterSeconds: PAUSE_AFTER_FAILURE_MS / 1_000, cause: error };
      throw new Failure('unavailable', 'Tokens cannot be verified now: the issuer gives no keys', details);
    }
    if (this.#keys === undefined) throw new Error('The keys were fetched and are not there');
    return this.#keys.find;
  }

  #fetchBeside(): void {
    this.#fetchOnce().catch((error: unknown) => {
      this.#options.report(
        'The keys that tokens are signed with could not be fetched; the known ones are used',
        error,
      );
    });
  }

  /** All who ask while one fetch runs get its result; soon after a failure, the failure is the answer. */
  #fetchOnce(): Promise<void> {
    if (this.#fetching !== undefined) return this.#fetching;
    const { now } = this.#options;
    if (this.#failedAt !== undefined && now() - this.#failedAt < PAUSE_AFTER_FAILURE_MS)
      return Promise.reject(new Error('They could not be fetched a moment ago'));
    this.#fetching = fetchKeys(this.#options.url)
      .then(
        (find) => {
          this.#keys = { find, at: now() };
          this.#failedAt = undefined;
        },
        (error: unknown) => {
          this.#failedAt = now();
          throw error;
        },
      )
      .finally(() => {
        this.#fetching = undefined;
      });
    return this.#fetching;
  }
}

/** The library's type of a body says nothing of its pieces. */
interface Answer {
  readonly ok: boolean;
  readonly status: number;
  readonly body: ReadableStream<Uint8Array> | null;
}

async function fetchKeys(url: URL): Promise<JWTVerifyGetKey> {
  const { ok, status, body }: Answer = await fetch(url, {
    headers: { accept: 'application/json' },
    // Whoever could redirect could name the keys.
    redirect: 'error',
    signal: AbortSignal.timeout(ANSWER_MS),
  });
  if (!ok || body === null) throw new Error(`${url.href} answered ${status}`);
  const pieces: Uint8Array[] = [];
  let bytes = 0;
  for await (const piece of body) {
    bytes += piece.byteLength;
    // Leaving the loop ends the connection.
    if (bytes > MOST_BYTES) throw new Error(`${url.href} answered more than ${MOST_BYTES} bytes`);
    pieces.push(piece);
  }
  return createLocalJWKSet(jwksSchema.parse(JSON.parse(Buffer.concat(pieces).toString('utf8'))));
}
