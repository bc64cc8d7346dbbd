import { readFile } from 'node:fs/promises';
import { compileContract } from '../shared/features/compile.ts';
import { readLabelledRows } from '../shared/training/labelled-rows.ts';
import { rowAsSent } from '../shared/training/sample-rows.ts';
import { readDefinition } from './model-folders.ts';
import type { GenerateRequest, RowGenerator } from './row-generator.ts';

/** Rows are generated at most this many at a time: the rows of one batch are in the order of their event times. */
const BATCH = 20_000;
const DAY = 86_400_000;

/**
 * Rows without labels, as a caller sends them, without end: from the model's generator, their event times spread over
 * the 24 hours before `now`.
 */
export function* generatedRows(
  generator: RowGenerator,
  label: string | undefined,
  request: Omit<GenerateRequest, 'rows'> & { readonly seed: number },
  rows: number,
  now: number,
): Generator<Record<string, unknown>> {
  for (let batch = 0; ; batch++) {
    const seed = request.seed + batch * 1_000_003;
    const window = { rows: Math.min(rows, BATCH), seed, from: now - DAY, to: now };
    for (const { row } of generator.generate({ ...request, ...window })) {
      const sent: Record<string, unknown> = { ...row };
      if (label !== undefined) delete sent[label];
      yield sent;
    }
  }
}

/** The rows of a labelled file, over and over. */
export async function* rowsOfFile(model: string, file: string): AsyncGenerator<Record<string, unknown>> {
  const definition = await readDefinition(model);
  const contract = compileContract(definition);
  const delimiter = definition.defaultFile?.delimiter ?? ',';
  const { rows } = readLabelledRows(contract, await readFile(file), delimiter);
  if (rows.length === 0) throw new Error(`${file} has no rows`);
  for (;;) for (const row of rows) yield rowAsSent(contract, row);
}
