import { createHash } from 'node:crypto';

/** The name space that the extension uses: not the one of RFC 9562. */
const NAMESPACE = Buffer.from('9e9529595e334daf827f2fa12937b875', 'hex');

/**
 * The id that an execution makes at a moment, the same in every replay: a UUID of version 5 of the instance's id, the
 * moment in .NET's round-trip format, and a number.
 * @param now milliseconds since 1970
 */
export function deterministicGuid(instanceId: string, now: number, number: number): string {
  const moment = new Date(now).toISOString().replace('Z', '0000Z');
  const name = `${instanceId}_${moment}_${String(number)}`;
  const hash = createHash('sha1').update(NAMESPACE).update(name, 'utf8').digest().subarray(0, 16);
  hash.writeUInt8((hash.readUInt8(6) & 0x0f) | 0x50, 6);
  hash.writeUInt8((hash.readUInt8(8) & 0x3f) | 0x80, 8);
  return hash.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}
