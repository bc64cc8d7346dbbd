import { readFile } from 'node:fs/promises';
import { compileContract } from '../shared/features/compile.ts';
import type { Column } from '../shared/features/definition.ts';
import { readLabelledRows } from '../shared/training/labelled-rows.ts';
import { createRandom, shuffle } from '../shared/training/random.ts';
import { rowAsSent } from '../shared/training/sample-rows.ts';
import { readDefinition } from './model-folders.ts';
import type { GenerateRequest, RowGenerator } from './row-generator.ts';

/** Rows are generated at most this many at a time. */
const BATCH = 20_000;
const DAY = 86_400_000;

/** A transaction as a caller sends it, and what is true of it where that is known. */
export interface SimulatedRow {
  /** Without the label. */
  readonly row: Record<string, unknown>;
  readonly truth?: 0 | 1;
}

/** Rows as a caller sends them, without end: those of `labelledRows` without their truth. */
export function* generatedRows(
  generator: RowGenerator,
  label: string | undefined,
  request: Omit<GenerateRequest, 'rows'> & { readonly seed: number },
  rows: number,
  now: number,
): Generator<Record<string, unknown>> {
  const column = label === undefined ? undefined : { name: label };
  for (const { row } of labelledRows(generator, column, request, rows, now)) yield row;
}

/**
 * Rows from the model's generator, without end, their event times spread over the 24 hours before `now`: those of any
 * stretch of them, too, since in the order of time each stretch would be of another part of the day.
 * @param label the label's column
 */
export function* labelledRows(
  generator: RowGenerator,
  label: Pick<Column, 'name' | 'labels'> | undefined,
  request: Omit<GenerateRequest, 'rows'> & { readonly seed: number },
  rows: number,
  now: number,
): Generator<SimulatedRow> {
  for (let batch = 0; ; batch++) {
    const seed = request.seed + batch * 1_000_003;
    const window = { rows: Math.min(rows, BATCH), seed, from: now - DAY, to: now };
    const drawn = [...generator.generate({ ...request, ...window })];
    const order = Uint32Array.from(drawn.keys());
    shuffle(order, createRandom(seed));
    for (const place of order) {
      const sent: Record<string, unknown> = { ...drawn[place]?.row };
      if (label === undefined) {
        yield { row: sent };
        continue;
      }
      const value = sent[label.name];
      delete sent[label.name];
      const positive = value === 1 || value === true || value === label.labels?.positive;
      yield { row: sent, truth: positive ? 1 : 0 };
    }
  }
}

/** The rows of a labelled file, over and over. */
export async function* rowsOfFile(model: string, file: string): AsyncGenerator<SimulatedRow> {
  const definition = await readDefinition(model);
  const contract = compileContract(definition);
  const delimiter = definition.defaultFile?.delimiter ?? ',';
  const { rows, labels } = readLabelledRows(contract, await readFile(file), delimiter);
  if (rows.length === 0) throw new Error(`${file} has no rows`);
  for (;;) {
    for (const [index, row] of rows.entries()) {
      yield { row: rowAsSent(contract, row), truth: labels[index] === 1 ? 1 : 0 };
    }
  }
}
