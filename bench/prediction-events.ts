import { randomFillSync } from 'node:crypto';
import { type PredictionFacts, predictionEventWriter } from '../shared/events/prediction-event.ts';
import { compileContract } from '../shared/features/compile.ts';
import { fitContract } from '../shared/features/contract.ts';
import { predictionIds } from '../shared/scoring/prediction-ids.ts';
import { readDefinition } from '../tools/model-folders.ts';
import { loadGenerator } from '../tools/row-generator.ts';
import { generatedRows } from '../tools/simulated-rows.ts';

/** Different rows; their events differ in id and time. */
const ROWS = 2_000;

/**
 * Makes the function that writes the next prediction event, as the scoring of generated rows would log it: each with an
 * id of its own and the time of the call.
 * @param maxBytes what a send holds
 */
export async function predictionEvents(model: string, maxBytes: number): Promise<() => string> {
  const definition = await readDefinition(model);
  const generator = await loadGenerator(model);
  if (generator === undefined) throw new Error(`'${model}' has no generator`);
  const label = definition.columns.find(({ role }) => role === 'label')?.name;
  const unfitted = compileContract(definition);
  const rows = generatedRows(generator, label, { seed: 7 }, ROWS, Date.now())
    .take(ROWS)
    .map((row) => {
      const checked = unfitted.check(row, '');
      if (!checked.ok) throw new Error(`A generated row is not valid: ${JSON.stringify(checked.problems)}`);
      return checked.row;
    })
    .toArray();
  const contract = compileContract(fitContract(definition, rows));
  const facts = rows.map((row, index): Omit<PredictionFacts, 'id'> => {
    const features = new Float32Array(contract.width);
    contract.write(row, features, 0);
    return {
      transactionId: contract.id(row),
      variant: 'champion',
      pinned: false,
      row,
      features,
      offset: 0,
      // With the digits that a score has.
      score: Math.fround((index + 0.5) / ROWS),
      decision: 'approve',
      latencyMs: 1 + index / ROWS,
    };
  });
  const { columns } = definition;
  const source = { model, version: '1', columns, width: contract.width };
  const write = predictionEventWriter(source, maxBytes);
  const newId = predictionIds(Date.now, randomFillSync);
  let next = 0;
  return () => {
    const one = facts[next++ % facts.length];
    if (one === undefined) throw new Error('There are no rows');
    return write({ ...one, id: newId() });
  };
}
