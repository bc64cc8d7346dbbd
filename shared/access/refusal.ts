import { Failure } from '../failure.ts';

/**
 * Turns a caller away, and says by the header of RFC 6750 what a token has to be like.
 * What the library threw is left behind: it holds claims, which tell of a person.
 * @param error `none` where no token came: then nothing is wrong with it
 * @param message without quotes and backslashes, since it goes into the header too
 */
export function refusal(error: 'none' | 'invalid_token' | 'insufficient_scope', message: string): Failure {
  const challenge = error === 'none' ? 'Bearer' : `Bearer error="${error}", error_description="${message}"`;
  const kind = error === 'insufficient_scope' ? 'forbidden' : 'unauthenticated';
  return new Failure(kind, message, { challenge });
}
