import type { SQLOutputValue } from 'node:sqlite';

type Column = SQLOutputValue | undefined;

/** @throws Error where a column holds something else than the schema says */
export function text(value: Column): string {
  if (typeof value !== 'string') throw new Error(`The task hub holds a ${kind(value)} where a text belongs`);
  return value;
}

export function textOrNull(value: Column): string | null {
  return value === null ? null : text(value);
}

/** @throws Error where a column holds something else than the schema says */
export function integer(value: Column): number {
  if (typeof value !== 'number')
    throw new Error(`The task hub holds a ${kind(value)} where a number belongs`);
  return value;
}

function kind(value: Column): string {
  return value === null ? 'null' : typeof value;
}
