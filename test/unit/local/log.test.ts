import { PassThrough, Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { expect, test } from 'vitest';
import { logLines, prefixingLog } from '../../../local/log.ts';

async function logged(isTTY: boolean): Promise<string> {
  const out = Object.assign(new PassThrough(), { isTTY });
  const log = prefixingLog(out);
  log('storage', 'one');
  log('cosmos', 'two');
  out.end();
  return text(out);
}

test('puts the name of its service before each line', async () => {
  expect(await logged(false)).toBe('storage  | one\ncosmos   | two\n');
});

test('uses colours for a person only, a different one for each service', async () => {
  const [first, second] = (await logged(true)).split('\n');
  const colour = /\[(\d+)m/;
  expect(colour.exec(first ?? '')?.[1]).toBeDefined();
  expect(colour.exec(first ?? '')?.[1]).not.toBe(colour.exec(second ?? '')?.[1]);
  expect(await logged(false)).not.toContain('\u001B');
});

test('splits what a process writes into lines, wherever the pieces end', async () => {
  const lines: string[] = [];
  const source = Readable.from(['fir', 'st\nsec', 'ond\r\nthird']);
  const third = new Promise<void>((resolve) => {
    logLines(source, 'host', (_, line) => {
      if (lines.push(line) === 3) resolve();
    });
  });
  await third;
  expect(lines).toEqual(['first', 'second', 'third']);
});
