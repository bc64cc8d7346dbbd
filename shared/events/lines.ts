const NEWLINE = 10;

/**
 * The lines of a text that comes in pieces of UTF-8; empty lines are left out. A last line without an end is given as it
 * is: whoever parses it finds out whether it is whole.
 */
export async function* linesOf(pieces: AsyncIterable<Uint8Array>): AsyncGenerator<string, void, undefined> {
  for await (const lines of lineBatchesOf(pieces)) yield* lines;
}

/** The same, all lines that end in a piece at once: to wait for each would take as long as to parse it. */
export async function* lineBatchesOf(
  pieces: AsyncIterable<Uint8Array>,
): AsyncGenerator<string[], void, undefined> {
  let rest: Buffer[] = [];
  for await (const piece of pieces) {
    const bytes = Buffer.from(piece.buffer, piece.byteOffset, piece.byteLength);
    const end = bytes.lastIndexOf(NEWLINE);
    if (end < 0) {
      rest.push(bytes);
      continue;
    }
    const whole = bytes.subarray(0, end);
    const text = (rest.length === 0 ? whole : Buffer.concat([...rest, whole])).toString('utf8');
    rest = end + 1 < bytes.length ? [bytes.subarray(end + 1)] : [];
    yield text.split('\n').filter((line) => line !== '');
  }
  const last = Buffer.concat(rest).toString('utf8');
  if (last !== '') yield [last];
}
