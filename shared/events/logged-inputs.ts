import type { CheckedRow } from '../features/compile.ts';
import type { Column } from '../features/definition.ts';

/**
 * Makes the function that writes a checked row as a JSON object, a member per column that has a value. The contract
 * that checked the row accepts the object again, so a logged decision can be repeated. What a row says about columns
 * that the contract does not know or ignores is not logged, and neither is a label: that is an outcome, not an input.
 */
export function inputsWriter(columns: readonly Column[]): (row: CheckedRow) => string {
  const members = columns.flatMap((column, slot) =>
    column.role === 'label' || column.ignored !== undefined
      ? []
      : [{ slot, key: `${JSON.stringify(column.name)}:`, isTime: column.type === 'timestamp' }],
  );
  return (row) => {
    let text = '';
    for (const { slot, key, isTime } of members) {
      const value = row[slot];
      if (value === null || value === undefined) continue;
      text += text === '' ? key : `,${key}`;
      if (typeof value === 'string') text += JSON.stringify(value);
      else text += isTime && typeof value === 'number' ? `"${new Date(value).toISOString()}"` : String(value);
    }
    return `{${text}}`;
  };
}
