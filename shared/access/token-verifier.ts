import { hash } from 'node:crypto';
import { errors, jwtVerify } from 'jose';
import { z } from 'zod';
import type { EntraSettings } from '../config.ts';
import { Failure } from '../failure.ts';
import { refusal } from './refusal.ts';
import type { Caller } from './caller.ts';
import type { SigningKeys } from './signing-keys.ts';

/** The only one that Entra signs with. What a token says of itself chooses nothing. */
const ALGORITHMS = ['RS256'];
/** By how much clocks may differ, in seconds. */
const SKEW_S = 60;
/** A verified token is believed for so long without another look; a key that was withdrawn counts no longer. */
const REMEMBER_MS = 5 * 60_000;
/** Callers whose tokens are remembered: a hundred bytes or two each. */
const MOST_REMEMBERED = 2_000;
/** Entra's have some 2,000 characters. */
const LONGEST_TOKEN = 16_384;

const text = z.string().trim().min(1);
/** https://learn.microsoft.com/entra/identity-platform/access-token-claims-reference */
const claimsSchema = z.object({
  exp: z.number(),
  /** The directory object that the token is about: a person's, or an app's own. */
  oid: z.guid(),
  name: text.optional(),
  preferred_username: text.optional(),
  app_displayname: text.optional(),
  /** The client app that got the token. */
  azp: text.optional(),
  roles: z.array(z.string()).default([]),
});

export interface VerifierParts {
  /** Milliseconds since 1970. */
  readonly time: () => number;
  readonly keys: Pick<SigningKeys, 'find'>;
}

/** Verifies the tokens of one tenant for this app. Tokens that it knows cost a hash. */
export class TokenVerifier {
  readonly #settings: EntraSettings;
  readonly #parts: VerifierParts;
  readonly #known = new Map<string, { readonly caller: Caller; readonly until: number }>();

  constructor(settings: EntraSettings, parts: VerifierParts) {
    this.#settings = settings;
    this.#parts = parts;
  }

  /**
   * Who a token is of.
   * @throws Failure `unauthenticated` saying what is wrong with it, `unavailable` where that cannot be told now
   */
  async callerOf(token: string): Promise<Caller> {
    if (token.length > LONGEST_TOKEN) throw refusal('invalid_token', 'The token is too long');
    // The token itself is not kept: who could read the memory could use it.
    const digest = hash('sha256', token, 'base64');
    const now = this.#parts.time();
    const known = this.#known.get(digest);
    if (known !== undefined && now < known.until) return known.caller;
    const { exp, ...claims } = await this.#verify(token, now);
    const caller = callerOf(claims);
    this.#remember(digest, caller, Math.min(exp * 1_000, now + REMEMBER_MS));
    return caller;
  }

  async #verify(token: string, now: number): Promise<z.output<typeof claimsSchema>> {
    const { issuer, audience } = this.#settings;
    try {
      const { payload } = await jwtVerify(token, this.#parts.keys.find, {
        issuer,
        audience,
        algorithms: ALGORITHMS,
        clockTolerance: SKEW_S,
        currentDate: new Date(now),
        requiredClaims: ['exp', 'iss', 'aud'],
      });
      const claims = claimsSchema.safeParse(payload);
      if (claims.success) return claims.data;
      const wrong = claims.error.issues.map(({ path }) => path.join('.'));
      throw refusal('invalid_token', `The token's claims are not as expected: ${wrong.join(', ')}`);
    } catch (error) {
      if (error instanceof Failure) throw error;
      if (error instanceof errors.JOSEError) throw refusal('invalid_token', faultOf(error));
      throw error;
    }
  }

  #remember(digest: string, caller: Caller, until: number): void {
    this.#known.delete(digest);
    const oldest = this.#known.keys().next().value;
    if (this.#known.size >= MOST_REMEMBERED && oldest !== undefined) this.#known.delete(oldest);
    this.#known.set(digest, { caller, until });
  }
}

function callerOf(claims: Omit<z.output<typeof claimsSchema>, 'exp'>): Caller {
  const { oid, name, preferred_username: user, app_displayname: app, azp, roles } = claims;
  return { id: oid.toLowerCase(), name: name ?? user ?? app ?? azp ?? 'unnamed', roles: new Set(roles) };
}

/** In words of our own: the library's might one day quote what it was given. */
function faultOf(error: errors.JOSEError): string {
  if (error instanceof errors.JWTExpired) return 'The token has expired';
  if (error instanceof errors.JWTClaimValidationFailed) {
    if (error.claim === 'nbf') return 'The token is not valid yet';
    if (error.claim === 'iss') return 'The token is of another issuer';
    if (error.claim === 'aud') return 'The token is for another audience';
    return 'A claim of the token is missing or wrong';
  }
  if (error instanceof errors.JOSEAlgNotAllowed) return 'The token is not signed by RS256';
  if (error instanceof errors.JWKSNoMatchingKey) return 'The token is signed with a key that is not known';
  if (error instanceof errors.JWSSignatureVerificationFailed) return "The token's signature is wrong";
  return 'The token cannot be read';
}
