import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import Table from 'cli-table3';

export type BenchCell = string | number;

/** What a benchmark found: a table whose rows hold our figure beside the reference's of the same run. */
export interface BenchReport {
  readonly name: string;
  readonly columns: readonly string[];
  readonly rows: readonly (readonly BenchCell[])[];
  readonly notes: readonly string[];
}

/** a / b with two digits. */
export function ratio(a: number, b: number): string {
  return `${(a / b).toFixed(2)} ×`;
}

/** The report as a table for a terminal. */
export function formatReport({ name, columns, rows, notes }: BenchReport): string {
  const table = new Table({ head: [...columns], style: { head: [], border: [] } });
  for (const row of rows) table.push(row.map(formatCell));
  return [name, table.toString(), ...notes.map((note) => `  ${note}`)].join('\n');
}

/** Keeps the report as JSON in `bench/results/{name}.json`. */
export async function saveReport(report: BenchReport, at: Date): Promise<void> {
  const folder = join(import.meta.dirname, 'results');
  await mkdir(folder, { recursive: true });
  const text = JSON.stringify({ at: at.toISOString(), node: process.version, ...report }, undefined, 2);
  await writeFile(join(folder, `${report.name}.json`), `${text}\n`);
}

function formatCell(cell: BenchCell): string {
  if (typeof cell === 'string') return cell;
  if (Number.isInteger(cell) || Math.abs(cell) >= 1_000) return Math.round(cell).toLocaleString('en');
  return cell.toPrecision(3);
}
