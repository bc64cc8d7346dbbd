import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

export const root = resolve(import.meta.dirname, '../../..');
const infra = join(root, 'infra-bicep');

/** A file below the root. */
export function textOf(...path: readonly string[]): string {
  return readFileSync(join(root, ...path), 'utf8');
}

/** Every file of infra-bicep/ with this ending: its path there, and its text. */
export function infraFiles(ending: string): { path: string; text: string }[] {
  return readdirSync(infra, { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith(ending))
    .toSorted()
    .map((path) => ({ path: path.split('\\').join('/'), text: readFileSync(join(infra, path), 'utf8') }));
}

/** The text from the bracket that follows `start` to its partner. @throws Error where either is missing */
export function bracketed(text: string, start: string): string {
  const at = text.indexOf(start);
  const open = text.slice(at + start.length).search(/[[{]/) + at + start.length;
  if (at < 0 || open < at + start.length) throw new Error(`'${start}' is not there`);
  let depth = 0;
  for (let i = open; i < text.length; i += 1) {
    if ('[{'.includes(text[i] ?? '')) depth += 1;
    if (']}'.includes(text[i] ?? '')) depth -= 1;
    if (depth === 0) return text.slice(open, i + 1);
  }
  throw new Error(`'${start}' has no end`);
}

/** What a pattern's first group finds, in the order of the text. */
export function found(text: string, pattern: RegExp): string[] {
  return [...text.matchAll(pattern)].map((match) => match[1] ?? '');
}
