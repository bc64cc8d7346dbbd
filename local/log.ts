import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';

/** Takes one line that a service wrote, or that the stack has to say about itself. */
export type Log = (service: string, line: string) => void;

const NAME_WIDTH = 8;
/** ANSI foreground colours that are readable on dark and on light. */
const COLOURS = [36, 33, 35, 32, 34];

/** Writes each line behind the name of its service, in colour where a person is looking. */
export function prefixingLog(to: Writable & { readonly isTTY?: boolean }): Log {
  const colours = new Map<string, number>();
  return (service, line) => {
    const name = service.padEnd(NAME_WIDTH);
    if (to.isTTY !== true) {
      to.write(`${name} | ${line}\n`);
      return;
    }
    const colour = colours.get(service) ?? COLOURS[colours.size % COLOURS.length] ?? 0;
    colours.set(service, colour);
    to.write(`\u001B[${String(colour)}m${name} |\u001B[0m ${line}\n`);
  };
}

/** Hands on everything that a process writes, line by line. */
export function logLines(from: Readable | null, service: string, log: Log): void {
  if (from === null) return;
  createInterface({ input: from, crlfDelay: Infinity }).on('line', (line) => log(service, line));
}
