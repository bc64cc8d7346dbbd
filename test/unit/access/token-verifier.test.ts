import { inspect } from 'node:util';
import { generateKeyPair, SignJWT, UnsecuredJWT, exportSPKI, type JWTPayload } from 'jose';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { tokenGuards } from '../../../shared/access/guard.ts';
import { SigningKeys } from '../../../shared/access/signing-keys.ts';
import { TokenVerifier } from '../../../shared/access/token-verifier.ts';
import { Failure } from '../../../shared/failure.ts';
import { problemReply } from '../../../shared/http/problem.ts';
import { type Issuer, startIssuer } from '../../fixtures/token-issuer.ts';

const OID = 'aaaaaaaa-0000-4000-8000-00000000000a';
const START = Date.parse('2026-03-02T03:00:00Z');

let issuer: Issuer;
/** Milliseconds since 1970, for token and keys. */
let clock: number;
let verifier: TokenVerifier;
let reports: unknown[];

beforeEach(async () => {
  issuer = await startIssuer();
  clock = START;
  reports = [];
  const keys = new SigningKeys({
    url: issuer.settings.keysUrl,
    now: () => clock,
    report: (message) => reports.push(message),
  });
  verifier = new TokenVerifier(issuer.settings, { time: () => clock, keys });
});
afterEach(async () => {
  await issuer.stop();
});

/** Claims to be other than right, or, where they are undefined, to be left out. */
type Changed = Readonly<Record<string, unknown>>;
const claims = (changed: Changed = {}): JWTPayload => ({
  ...issuer.claims(START / 1_000, OID, 'Tollgate.Score', 'Other'),
  ...changed,
});
const valid = async (changed: Changed = {}) => issuer.sign(claims(changed));
/** What a token is refused with. */
const refusalOf = async (token: string): Promise<Failure> => {
  const result = await verifier.callerOf(token).catch((error: unknown) => error);
  if (result instanceof Failure) return result;
  throw new Error(`It was not refused: ${JSON.stringify(result)}`);
};

describe('a token', () => {
  it("names its caller by the directory's id, and the roles", async () => {
    const caller = await verifier.callerOf(await valid());
    expect(caller).toEqual({ id: OID, name: 'Person aaaa', roles: new Set(['Tollgate.Score', 'Other']) });
    expect(issuer.paths).toEqual([issuer.settings.keysUrl.pathname]);
  });

  it('of an app, which has no name of its own, is named by the client', async () => {
    const token = await valid({ name: undefined, azp: 'client-7' });
    expect(await verifier.callerOf(token)).toMatchObject({ id: OID, name: 'client-7' });
  });

  it.each([
    ['of another issuer', { iss: 'https://login.microsoftonline.com/other/v2.0' }, /another issuer/],
    ['for another audience', { aud: 'somebody-else' }, /another audience/],
    ['that has expired', { exp: START / 1_000 - 61 }, /expired/],
    ['that is not valid yet', { nbf: START / 1_000 + 61 }, /not valid yet/],
    ['without an end', { exp: undefined }, /missing or wrong/],
    ['without an issuer', { iss: undefined }, /missing or wrong|another issuer/],
    ['without an audience', { aud: undefined }, /missing or wrong|another audience/],
    ['that is of nobody', { oid: undefined }, /not as expected: oid/],
    ['whose id is no id', { oid: 'Ada' }, /not as expected: oid/],
  ] as const)('%s is refused', async (_, changed, message) => {
    const refused = await refusalOf(await valid(changed));
    expect(refused).toMatchObject({ kind: 'unauthenticated' });
    expect(refused.message).toMatch(message);
  });

  it('is taken where clocks differ by less than a minute', async () => {
    const [late, early] = [{ exp: START / 1_000 - 59 }, { nbf: START / 1_000 + 59 }];
    for (const changed of [late, early])
      expect(await verifier.callerOf(await valid(changed))).toMatchObject({ id: OID });
  });

  it('with a signature of another key is refused', async () => {
    const { privateKey } = await generateKeyPair('RS256');
    const forged = await new SignJWT(claims())
      .setProtectedHeader({ alg: 'RS256', kid: 'first' })
      .sign(privateKey);
    expect((await refusalOf(forged)).message).toMatch(/signature is wrong/);
    const [head = '', , signature = ''] = (await valid()).split('.');
    const other = Buffer.from(JSON.stringify(claims({ roles: ['Tollgate.Approve'] }))).toString('base64url');
    expect((await refusalOf(`${head}.${other}.${signature}`)).message).toMatch(/signature is wrong/);
  });

  it('without a signature is refused', async () => {
    expect(await refusalOf(new UnsecuredJWT(claims()).encode())).toMatchObject({ kind: 'unauthenticated' });
    const bare = (alg: string) =>
      `${Buffer.from(JSON.stringify({ alg, kid: 'first' })).toString('base64url')}.${Buffer.from(JSON.stringify(claims())).toString('base64url')}.`;
    for (const alg of ['none', 'None', 'RS256'])
      expect(await refusalOf(bare(alg))).toMatchObject({ kind: 'unauthenticated' });
  });

  it('that is signed with the public key as if it were a secret is refused', async () => {
    const secret = Buffer.from(await exportSPKI(issuer.keys().publicKey));
    const confused = await new SignJWT(claims())
      .setProtectedHeader({ alg: 'HS256', kid: 'first' })
      .sign(secret);
    expect((await refusalOf(confused)).message).toMatch(/not signed by RS256/);
  });

  it('that names no key, is no token or is endless is refused without asking for keys', async () => {
    const nameless = await new SignJWT(claims())
      .setProtectedHeader({ alg: 'RS256' })
      .sign(issuer.keys().privateKey);
    for (const token of [nameless, 'a.b.c', 'x', 'e'.repeat(100_000)])
      expect(await refusalOf(token)).toMatchObject({ kind: 'unauthenticated' });
    expect(issuer.fetches()).toBe(0);
  });

  it('stays out of what is said about it, and so does the person', async () => {
    for (const token of [
      await valid({ aud: 'other' }),
      await valid({ exp: 1 }),
      'secrethead.secretbody.secretend',
    ]) {
      const { message, challenge, stack, cause } = await refusalOf(token);
      const said = inspect([message, challenge, stack, cause], { depth: 9 });
      for (const part of [...token.split('.'), 'Person aaaa', OID]) expect(said).not.toContain(part);
    }
  });
});

describe('a token that was verified', () => {
  it('is known again without a look at the keys, and no longer than it is valid', async () => {
    const token = await valid({ exp: START / 1_000 + 120 });
    const first = await verifier.callerOf(token);
    clock += 119_000;
    expect(await verifier.callerOf(token)).toBe(first);
    clock += 62_000;
    expect((await refusalOf(token)).message).toMatch(/expired/);
  });

  it('is verified again after five minutes', async () => {
    const token = await valid();
    const first = await verifier.callerOf(token);
    clock += 5 * 60_000;
    const again = await verifier.callerOf(token);
    expect(again).toEqual(first);
    expect(again).not.toBe(first);
  });
});

describe('the keys', () => {
  it('are fetched once for all who ask at the same time', async () => {
    const token = await valid();
    await Promise.all(Array.from({ length: 8 }, async () => verifier.callerOf(token)));
    expect(issuer.fetches()).toBe(1);
  });

  it('are fetched again for a new one, but not each time that somebody names one', async () => {
    await verifier.callerOf(await valid());
    await issuer.rotate('second');
    const token = await valid();
    expect((await refusalOf(token)).message).toMatch(/not known/);
    expect(issuer.fetches()).toBe(1);
    clock += 30_000;
    expect(await verifier.callerOf(token)).toMatchObject({ id: OID });
    expect(issuer.fetches()).toBe(2);
    for (const kid of ['x', 'y', 'z'])
      expect((await refusalOf(await issuer.sign(claims(), { kid }))).message).toMatch(/not known/);
    expect(issuer.fetches()).toBe(2);
  });

  it('that cannot be had are 503 with a time to come back, asked for again after two seconds', async () => {
    issuer.answerWith({ status: 500, body: '' });
    const token = await valid();
    for (let asked = 0; asked < 3; asked++) {
      const refused = await refusalOf(token);
      expect(refused).toMatchObject({ kind: 'unavailable', retryAfterSeconds: 2 });
      expect(problemReply(refused, 'c')).toMatchObject({ status: 503, headers: { 'retry-after': '2' } });
    }
    expect(issuer.fetches()).toBe(1);
    issuer.answerWith(undefined);
    clock += 2_000;
    expect(await verifier.callerOf(token)).toMatchObject({ id: OID });
  });

  it.each([
    ['no keys', JSON.stringify({ keys: [] })],
    ['no JSON', '<html>'],
    ['an endless answer', `{"keys":[${'{"kty":"RSA"},'.repeat(60_000)}{"kty":"RSA"}]}`],
  ])('are 503 where %s comes', async (_, body) => {
    issuer.answerWith({ status: 200, body });
    expect(await refusalOf(await valid())).toMatchObject({ kind: 'unavailable' });
  });

  it('are looked at again each hour, and serve through an outage of a day', async () => {
    await verifier.callerOf(await valid({ exp: START / 1_000 + 200_000 }));
    issuer.answerWith({ status: 503, body: '' });
    clock += 3_600_001;
    const token = await valid({ exp: START / 1_000 + 200_000, jti: 'another' });
    expect(await verifier.callerOf(token)).toMatchObject({ id: OID });
    await expect.poll(() => reports).toHaveLength(1);
    expect(issuer.fetches()).toBe(2);
    clock += 24 * 3_600_000;
    expect(await refusalOf(token)).toMatchObject({ kind: 'unavailable' });
  });
});

describe('a guard', () => {
  const now = () => Math.floor(Date.now() / 1_000);
  const asks = async (authorization?: string) => {
    const headers = new Headers(authorization === undefined ? {} : { authorization });
    const result = await tokenGuards(issuer.settings)('score')(headers).catch((error: unknown) => error);
    return result instanceof Failure ? problemReply(result, 'c') : result;
  };

  it('lets in who has the role of its group', async () => {
    const token = await issuer.sign(issuer.claims(now(), OID, 'Tollgate.Score'));
    for (const scheme of ['Bearer', 'bearer'])
      expect(await asks(`${scheme} ${token}`)).toMatchObject({ id: OID });
  });

  it('asks for a token where none came', async () => {
    expect(await asks()).toMatchObject({ status: 401, headers: { 'www-authenticate': 'Bearer' } });
  });

  it('says what is wrong with one, as RFC 6750 has it', async () => {
    const challenge = /^Bearer error="invalid_token", error_description="[^"\\]+"$/;
    for (const sent of ['Basic YTpi', 'Bearer', 'Bearer a b', 'Bearer a.b.c'])
      expect(await asks(sent)).toMatchObject({
        status: 401,
        headers: {
          'content-type': 'application/problem+json',
          'www-authenticate': expect.stringMatching(challenge),
        },
      });
  });

  it('turns away who has only the roles of other groups', async () => {
    const token = await issuer.sign(issuer.claims(now(), OID, 'Tollgate.Read', 'tollgate.score'));
    expect(await asks(`Bearer ${token}`)).toMatchObject({
      status: 403,
      headers: {
        'www-authenticate':
          'Bearer error="insufficient_scope", error_description="The caller lacks the role Tollgate.Score"',
      },
    });
  });
});
