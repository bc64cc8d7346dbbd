import { badArgument } from './api-reply.ts';

/** The text by which a caller asks for the page after an instance; empty: there is none. */
export function encodePageToken(instanceId: string | undefined): string {
  return instanceId === undefined ? '' : Buffer.from(`after ${instanceId}`).toString('base64url');
}

/** @returns the instance after which the page begins @throws ApiRefusal for a text that is none of ours */
export function decodePageToken(token: string | undefined): string | undefined {
  if (token === undefined) return undefined;
  const text = Buffer.from(token, 'base64url').toString();
  if (!text.startsWith('after '))
    throw badArgument('The continuation token is not one that this hub gave out.');
  return text.slice('after '.length);
}
