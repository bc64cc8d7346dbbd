/**
 * Walking over values in the AMQP 1.0 type encoding without decoding them (OASIS AMQP 1.0, part 1). The broker keeps
 * messages as they came, so it only needs to know where a value ends, and that a consumer will be able to decode it.
 */

/** Bytes that are not what they should be by the AMQP encoding; the sender gets `amqp:decode-error`. */
export class MalformedMessage extends Error {
  override readonly name = 'MalformedMessage';
}

/** Nothing that an event holds is nested deeper; it keeps a crafted message from exhausting the stack. */
const MAX_DEPTH = 32;

/** Type codes of the AMQP 1.0 primitive types. Any other is an error, because consumers fail on it. */
const KNOWN = new Set([
  0x40, 0x41, 0x42, 0x43, 0x44, 0x45, 0x50, 0x51, 0x52, 0x53, 0x54, 0x55, 0x56, 0x60, 0x61, 0x70, 0x71, 0x72,
  0x73, 0x74, 0x80, 0x81, 0x82, 0x83, 0x84, 0x94, 0x98, 0xa0, 0xa1, 0xa3, 0xb0, 0xb1, 0xb3, 0xc0, 0xc1, 0xd0,
  0xd1, 0xe0, 0xf0,
]);
const IS_KNOWN = Uint8Array.from({ length: 256 }, (_, code) => (KNOWN.has(code) ? 1 : 0));

/** Widths of the fixed types by the upper half of their code, 0x4 to 0x9. */
const FIXED_WIDTHS = [0, 1, 2, 4, 8, 16];

/** Where the value that starts at `at` ends. @throws MalformedMessage */
export function endOfValue(bytes: Buffer, at: number, depth = 0): number {
  const code = byteAt(bytes, at);
  if (code !== 0x00) return endOfBody(bytes, at + 1, code, depth);
  if (depth >= MAX_DEPTH) throw new MalformedMessage('the message is nested too deeply');
  return endOfValue(bytes, endOfValue(bytes, at + 1, depth + 1), depth + 1);
}

/** Where the value ends whose type code is known and whose remaining bytes start at `at`. */
function endOfBody(bytes: Buffer, at: number, code: number, depth: number): number {
  if (IS_KNOWN[code] === 0) throw new MalformedMessage(`no AMQP type has the code ${code.toString(16)}`);
  const kind = code >>> 4;
  const fixed = FIXED_WIDTHS[kind - 4];
  if (fixed !== undefined) return within(bytes, at + fixed);
  const wide = (kind & 1) === 1;
  const width = wide ? 4 : 1;
  within(bytes, at + width);
  const end = within(bytes, at + width + (wide ? bytes.readUInt32BE(at) : byteAt(bytes, at)));
  if (kind >= 0xc) checkItems(bytes, at + width, end, code, depth);
  return end;
}

/** Checks that a list, map or array holds as many well-formed items as it says, and nothing more. */
function checkItems(bytes: Buffer, at: number, end: number, code: number, depth: number): void {
  if (depth >= MAX_DEPTH) throw new MalformedMessage('the message is nested too deeply');
  const width = code >= 0xe0 ? (code === 0xf0 ? 4 : 1) : code >= 0xd0 ? 4 : 1;
  if (at + width > end) throw new MalformedMessage('a collection has no room for its count');
  const count = width === 4 ? bytes.readUInt32BE(at) : byteAt(bytes, at);
  const isArray = code >= 0xe0;
  const isMap = code === 0xc1 || code === 0xd1;
  if (isMap && count % 2 === 1) throw new MalformedMessage('a map has a key without a value');
  let next = at + width;
  let itemCode = 0;
  if (isArray) {
    if (byteAt(bytes, next) === 0x00) next = endOfValue(bytes, next + 1, depth + 1);
    itemCode = byteAt(bytes, next);
    next += 1;
    // Items without a byte of their own: their count alone says nothing about the size, and a consumer creates each.
    if (itemCode >>> 4 === 4 && count > 65_536) throw new MalformedMessage('an array has too many items');
  }
  for (let item = 0; item < count; item += 1) {
    next = isArray ? endOfBody(bytes, next, itemCode, depth + 1) : endOfValue(bytes, next, depth + 1);
    if (next > end) throw new MalformedMessage('a collection is longer than it says');
  }
  if (next !== end) throw new MalformedMessage('a collection is shorter than it says');
}

/** The byte at a place. @throws MalformedMessage past the end */
export function byteAt(bytes: Buffer, at: number): number {
  const byte = bytes[at];
  if (byte === undefined) throw new MalformedMessage('the message ends too early');
  return byte;
}

function within(bytes: Buffer, at: number): number {
  if (at > bytes.length) throw new MalformedMessage('the message ends too early');
  return at;
}

/** Content of a value of variable width (string, symbol or binary), or undefined for any other type. */
export function contentOf(bytes: Buffer, at: number): Buffer | undefined {
  const code = byteAt(bytes, at);
  if (code >>> 4 === 0xa) return bytes.subarray(at + 2, endOfValue(bytes, at));
  if (code >>> 4 === 0xb) return bytes.subarray(at + 5, endOfValue(bytes, at));
  return undefined;
}

/** The text of a string or symbol, or undefined for any other type. */
export function textOf(bytes: Buffer, at: number): string | undefined {
  const code = byteAt(bytes, at);
  if (code === 0xa1 || code === 0xb1) return contentOf(bytes, at)?.toString('utf8');
  if (code === 0xa3 || code === 0xb3) return contentOf(bytes, at)?.toString('latin1');
  return undefined;
}

/** Where the first entry of a map starts and how many values (keys and values) follow; undefined for no map. */
export function entriesOf(
  bytes: Buffer,
  at: number,
): { readonly at: number; readonly count: number } | undefined {
  const code = byteAt(bytes, at);
  if (code === 0xc1) return { at: at + 3, count: byteAt(bytes, at + 2) };
  if (code === 0xd1) return { at: at + 9, count: bytes.readUInt32BE(at + 5) };
  return undefined;
}
