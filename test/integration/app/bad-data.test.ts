import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { runViewSchema } from '../../../shared/training/run-record.ts';
import { retrainStartedSchema } from '../../../shared/training/runs.ts';
import { ingest } from '../../../tools/ingest.ts';
import { type AppStack, fraudRows, startAppStack } from '../../fixtures/app-stack.ts';

/** What goes wrong with data in practice, each brought in as a user would. */

let home: string;
let stack: AppStack;
let header: string[];
let rows: string[][];

beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'tollgate-bad-data-'));
  stack = await startAppStack({}, home);
  const [first = '', ...lines] = Buffer.from(await fraudRows())
    .toString('utf8')
    .trim()
    .split('\n');
  header = first.split(',');
  rows = lines.map((line) => line.split(','));
});
afterAll(async () => {
  await stack.stop();
  await rm(home, { recursive: true, force: true });
});

/** Rows with one column changed. */
function changed(column: string, change: (cell: string, row: readonly string[], at: number) => string) {
  const slot = header.indexOf(column);
  return rows.map((row, at) => row.with(slot, change(row[slot]!, row, at)));
}

async function ingested(name: string, columns: readonly string[], cells: readonly (readonly string[])[]) {
  const file = join(home, `${name}.csv`);
  await writeFile(file, [columns, ...cells].map((row) => `${row.join(',')}\n`).join(''));
  return ingest(stack.app, 'fraud', { file }, () => undefined);
}

async function retrained() {
  const started = await fetch(`${stack.url}/api/models/fraud/retrain`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ reason: 'new data' }),
  });
  const { statusUrl } = retrainStartedSchema.parse(await started.json());
  return vi.waitFor(
    async () => {
      const run = runViewSchema.parse(await (await fetch(statusUrl)).json());
      expect(run.status).not.toBe('running');
      return run;
    },
    { timeout: 100_000, interval: 250 },
  );
}

const isFraud = (row: readonly string[]) => row[header.indexOf('is_fraud')] === '1';

describe('a data set', () => {
  it('that is empty, or misses a column, is refused with its name', async () => {
    await expect(ingested('nothing', [], [])).rejects.toThrow(/empty/u);
    await expect(ingested('no-rows', header, [])).rejects.toThrow(/no rows/u);
    const slot = header.indexOf('amount');
    const without = (row: readonly string[]) => row.toSpliced(slot, 1);
    await expect(ingested('no-amount', without(header), rows.map(without))).rejects.toThrow(
      /lacks required columns: amount/u,
    );
  });

  it('with 2 % of rows that cannot be is refused, and says which column and how many', async () => {
    const negative = changed('amount', (cell, _row, at) => (at % 50 === 0 ? `-${cell}` : cell));
    await expect(ingested('negative', header, negative)).rejects.toThrow(/60 .*amount|amount.* 60 /su);
  });

  it('with 2 % of absurd rows trains nothing, and the run says which expectation', async () => {
    const cents = changed('amount', (cell, _row, at) =>
      at % 50 === 0 ? `${Number(cell) + 2_000_000}` : cell,
    );
    await ingested('absurd', header, cents);
    const run = await retrained();
    expect(run).toMatchObject({ status: 'failed', step: 'validate', trials: [] });
    expect(run.error).toMatch(/amount.*expect_column_values_to_be_between/u);
    expect(run.error).toContain('60');
  });

  it('with inverted labels, or another column as the label, trains nothing, and the run names the cause', async () => {
    const inverted = changed('is_fraud', (cell) => (cell === '1' ? '0' : '1'));
    const swapped = changed('is_fraud', (_cell, row) =>
      Number(row[header.indexOf('hour_of_day')]) < 12 ? '1' : '0',
    );
    for (const cells of [inverted, swapped]) {
      await ingested('labels', header, cells);
      const run = await retrained();
      expect(run).toMatchObject({ status: 'failed', step: 'validate', trials: [] });
      expect(run.error).toContain('labels are inverted');
    }
  });

  it(
    'whose feature gives the label away makes a version that is rejected, with the name of the feature',
    { timeout: 120_000 },
    async () => {
      const leaked = changed('num_prev_tx_24h', (_cell, row) => (isFraud(row) ? '40' : '2'));
      await ingested('leak', header, leaked);
      const run = await retrained();
      expect(run).toMatchObject({ status: 'rejected' });
      expect(run.promotionId).toBeUndefined();
      expect(run.error).toMatch(/leak: the feature 'num_prev_tx_24h' alone has AUC-ROC 1\.0000/u);
    },
  );
});
