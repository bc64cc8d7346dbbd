import Table from 'cli-table3';
import type { Difference } from './recover.ts';

const STANDINGS: Readonly<Record<Difference['standing'], string>> = {
  lost: 'only in Blob',
  behind: 'older in Cosmos than in Blob',
  ahead: 'newer in Cosmos than in Blob',
  different: 'not the same, and neither is newer',
  uncopied: 'only in Cosmos',
};

/** The differences for people, one a line. */
export function differenceTable(differences: readonly Difference[]): string {
  const table = new Table({ head: ['model', 'record', 'is', 'done'], style: { head: [], border: [] } });
  for (const { model, record, standing, outcome } of differences)
    table.push([model, record, STANDINGS[standing], outcome]);
  return table.toString();
}
