import type { CompiledContract } from '../features/compile.ts';
import type { CheckedRow } from '../features/row-values.ts';
import type { Scorer } from '../onnx/scorer.ts';
import type { Samples } from '../registry/model-folder.ts';
import { createRandom } from './random.ts';

const SAMPLES = 20;

/**
 * Draws the rows of `samples.json`: as many of either class as there are, up to half each, as a caller would send
 * them, with the scores that a worker has to reproduce before it serves the version.
 */
export async function sampleRows(
  contract: CompiledContract,
  scorer: Scorer,
  rows: readonly CheckedRow[],
  labels: Uint8Array,
  seed: number,
): Promise<Samples> {
  const draw = createRandom(seed);
  const shuffled = rows
    .map((row, index) => ({ row, label: labels[index], order: draw() }))
    .toSorted((a, b) => a.order - b.order);
  const positives = shuffled.filter(({ label }) => label === 1).slice(0, SAMPLES / 2);
  const negatives = shuffled.filter(({ label }) => label === 0).slice(0, SAMPLES - positives.length);
  const chosen = [...positives, ...negatives];
  const features = new Float32Array(chosen.length * contract.width);
  for (const [index, { row }] of chosen.entries()) contract.write(row, features, index * contract.width);
  const scores = await scorer.score(features, chosen.length);
  return chosen.map(({ row }, index) => ({
    row: rowAsSent(contract, row),
    score: scores[index] ?? Number.NaN,
  }));
}

/** A checked row as the JSON that a caller would send: without its label and without what it does not have. */
export function rowAsSent(contract: CompiledContract, row: CheckedRow): Record<string, unknown> {
  const sent: Record<string, unknown> = {};
  for (const [index, column] of contract.contract.columns.entries()) {
    const value = row[index];
    if (value === undefined || value === null || column.role === 'label' || column.ignored !== undefined)
      continue;
    sent[column.name] = column.type === 'timestamp' ? new Date(Number(value)).toISOString() : value;
  }
  return sent;
}
