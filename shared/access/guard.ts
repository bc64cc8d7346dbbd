import type { EntraSettings } from '../config.ts';
import type { Caller } from './caller.ts';
import { type Group, ROLES } from './groups.ts';
import { refusal } from './refusal.ts';
import type { TokenVerifier } from './token-verifier.ts';

/** Lets a request in and says whose it is. @throws Failure `unauthenticated`, `forbidden`, `unavailable` */
export type Guard = (headers: { get(name: string): string | null }) => Promise<Caller>;

/** RFC 6750: the scheme in any case, one space or more, and the token. */
const BEARER = /^Bearer +([\w.~+/-]+=*)$/i;

/** The guards of all groups, by tokens. What verifies them is loaded with the first one. */
export function tokenGuards(settings: EntraSettings): (group: Group) => Guard {
  let opened: Promise<TokenVerifier> | undefined;
  return (group) => async (headers) => {
    const given = headers.get('authorization');
    if (given === null) throw refusal('none', 'Send a token in the header Authorization: Bearer');
    const token = BEARER.exec(given)?.[1];
    if (token === undefined) throw refusal('invalid_token', 'The header Authorization holds no bearer token');
    opened ??= openVerifier(settings);
    const caller = await (await opened).callerOf(token);
    const role = ROLES[group];
    if (!caller.roles.has(role)) throw refusal('insufficient_scope', `The caller lacks the role ${role}`);
    return caller;
  };
}

/** Loads what is only needed where callers come with tokens. */
async function openVerifier(settings: EntraSettings): Promise<TokenVerifier> {
  const [{ TokenVerifier }, { SigningKeys }] = await Promise.all([
    import('./token-verifier.ts'),
    import('./signing-keys.ts'),
  ]);
  const report = (message: string, error: unknown) => {
    console.warn(message, error);
  };
  const keys = new SigningKeys({ url: settings.keysUrl, now: () => performance.now(), report });
  return new TokenVerifier(settings, { time: Date.now, keys });
}
