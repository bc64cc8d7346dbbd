import { compileContract } from '../features/compile.ts';
import { fitContract } from '../features/contract.ts';
import type { ModelDefinition } from '../features/definition.ts';
import { shareMatrix } from './fit-memory.ts';
import { defaultHoldOut, type HoldOut } from './hold-out.ts';
import type { LabelledRows } from './labelled-rows.ts';
import type { SearchRows } from './search-job.ts';
import { divide, partOf, pick } from './train-model.ts';

/**
 * What a search's trials are fitted on and measured on, in memory that threads share. The rows that the version will be
 * measured on are in neither part: they choose nothing.
 * @throws RangeError for a split that leaves no rows
 */
export function searchRows(definition: ModelDefinition, data: LabelledRows, split: HoldOut): SearchRows {
  const layout = compileContract(definition);
  const { training: numbers } = divide(split, layout, data);
  const known: LabelledRows = {
    rows: pick(data, numbers),
    labels: Uint8Array.from(numbers, (row) => data.labels[row]!),
    extra: [],
  };
  // A column names the rows of one part only.
  const parts = divide(split.by === 'column' ? defaultHoldOut(definition) : split, layout, known);
  const contract = compileContract(fitContract(definition, pick(known, parts.training)));
  return {
    training: shareMatrix(partOf(contract, known, parts.training)),
    validation: shareMatrix(partOf(contract, known, parts.heldOut)),
  };
}
