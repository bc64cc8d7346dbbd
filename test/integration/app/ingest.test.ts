import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readDataset } from '../../../shared/training/dataset-store.ts';
import { reportSchema } from '../../../shared/training/expectations/result.ts';
import { ingest } from '../../../tools/ingest.ts';
import { bankRows } from '../../fixtures/bank-rows.ts';
import { type AppStack, fraudRows, startAppStack } from '../../fixtures/app-stack.ts';
import { everyForm } from '../../fixtures/row-files.ts';

const model = 'fraud';
const texts = [
  'transaction_id',
  'transaction_ts',
  'customer_id',
  'merchant_id',
  'currency',
  'merchant_category',
  'device_fingerprint',
  'ip_geo_country',
];
const tool = resolve(import.meta.dirname, '../../../tools/ingest.ts');

let home: string;
let stack: AppStack;
let csv: Uint8Array;

beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'tollgate-ingest-'));
  stack = await startAppStack({}, home);
  csv = await fraudRows();
});
afterAll(async () => {
  await stack.stop();
  await rm(home, { recursive: true, force: true });
});

async function file(name: string, bytes: Uint8Array | string): Promise<string> {
  const path = join(home, name);
  await writeFile(path, bytes);
  return path;
}

async function take(path: string, of = model) {
  const said: string[] = [];
  const result = await ingest(stack.app, of, { file: path }, (line) => said.push(line));
  return { result, said: said.join('\n') };
}

async function get(path: string): Promise<{ status: number; body: unknown }> {
  const response = await fetch(`${stack.url}/api/models/${path}`);
  return { status: response.status, body: await response.json() };
}

/** Runs the command as npm does. */
async function command(...args: string[]): Promise<{ code: unknown; stdout: string; stderr: string }> {
  return new Promise((done) => {
    execFile(
      process.execPath,
      [tool, ...args],
      { env: { ...process.env, TOLLGATE_HOME: home } },
      (error, stdout, stderr) => done({ code: error?.code ?? 0, stdout, stderr }),
    );
  });
}

describe('ingest', () => {
  it('makes one data set version of the same rows, whatever form their file has', async () => {
    const versions = new Set<string>();
    for (const [name, bytes] of everyForm(csv, ',', texts)) {
      const { result, said } = await take(await file(name, bytes));
      versions.add(`${result.datasetVersion} ${result.sha256}`);
      expect(result).toMatchObject({
        model,
        rows: 3_000,
        fileSha256: createHash('sha256').update(bytes).digest('hex'),
      });
      expect(said).toContain(
        versions.size === 1 && name === 'rows.csv' ? 'Stored 3000 rows' : 'no new version',
      );
    }
    expect(versions.size).toBe(1);
    const row = (await stack.app.registry.datasets(model, 1)).items[0];
    if (row === undefined) throw new Error('no data set');
    const stored = await readDataset(stack.app.datasets, row);
    expect(Buffer.from(stored).toString('utf8').split('\n').length).toBe(3_002);
    const report = await stack.app.datasets.read(`${model}/${row.version}/expectations.json`);
    expect(reportSchema.parse(JSON.parse(Buffer.from(report ?? []).toString('utf8'))).success).toBe(true);
    const facts: unknown = JSON.parse(
      Buffer.from((await stack.app.datasets.read(`${model}/${row.version}/dataset.json`)) ?? []).toString(
        'utf8',
      ),
    );
    expect(facts).toEqual(row);
  });

  it('shows versions, their columns and origin over HTTP, also of a model without a version', async () => {
    const { result } = await take(await file('bank.csv', bankRows()), 'bank-marketing');
    const { status, body } = await get(`bank-marketing/datasets/${result.datasetVersion}`);
    expect(status).toBe(200);
    expect(body).toMatchObject({
      model: 'bank-marketing',
      version: result.datasetVersion,
      rows: 1_000,
      delimiter: ';',
      origin: { file: 'bank.csv', format: 'csv', sha256: result.fileSha256 },
      file: { name: 'rows.csv', sha256: result.sha256 },
      expectations: { success: true },
    });
    expect(await get('bank-marketing/datasets')).toMatchObject({ status: 200, body: { items: [body] } });
    expect(await get('bank-marketing/datasets/99')).toMatchObject({ status: 404 });
    expect(await get('bank-marketing/datasets/x')).toMatchObject({ status: 404 });
    expect(await get('nobody/datasets')).toMatchObject({ status: 404 });
  });

  it('keeps an added column and says so', async () => {
    const lines = Buffer.from(csv).toString('utf8').trim().split('\n');
    const added = lines.map((line, row) => `${line},${row === 0 ? 'channel' : 'web'}`).join('\n');
    const { result, said } = await take(await file('added.csv', added));
    expect(said).toContain('Columns that the model does not know are kept: channel');
    const { body } = await get(`${model}/datasets/${result.datasetVersion}`);
    expect(body).toMatchObject({
      columns: expect.arrayContaining([{ name: 'channel', type: 'string', known: false, missing: 0 }]),
    });
  });

  it('stores nothing of a file that lacks a column, has one of another type, or is empty', async () => {
    const [header = '', ...lines] = Buffer.from(csv).toString('utf8').trim().split('\n');
    const newest = async () => (await stack.app.registry.datasets(model, 1)).items[0]?.version;
    const before = await newest();
    const lacking = await command(
      '--model',
      model,
      '--file',
      await file('lacking.csv', [header.replace('amount', 'amnt'), ...lines].join('\n')),
    );
    expect(lacking).toMatchObject({ code: 1, stdout: '' });
    expect(lacking.stderr).toContain('the file lacks required columns: amount');
    const slot = header.split(',').indexOf('amount');
    const retyped = lines.map((line) => line.split(',').with(slot, 'much').join(','));
    await expect(take(await file('retyped.csv', [header, ...retyped].join('\n')))).rejects.toThrow(
      /3000 of 3000 rows .*\n {2}amount: 3000 rows, first on line 2: must be a number, not "much"/,
    );
    await expect(take(await file('empty.csv', ''))).rejects.toThrow('the file is empty');
    await expect(take(await file('header.csv', header))).rejects.toThrow('header.csv has no rows');
    expect(await newest()).toBe(before);
    const next = Number(before) + 1;
    expect(await stack.app.datasets.read(`${model}/${next}/rows.csv`)).toBeUndefined();
  });

  it('prints one JSON line, and refuses wrong usage with code 2', async () => {
    const path = await file('again.csv', csv);
    const done = await command('--model', model, '--file', path);
    expect(done.code).toBe(0);
    expect(JSON.parse(done.stdout.trim().split('\n').at(-1) ?? '')).toMatchObject({
      model,
      rows: 3_000,
      existing: true,
    });
    const wrong = await Promise.all([
      command('--model', model, '--file', 'https://data.example/rows.csv'),
      command('--model', model, '--file', path, '--member', 'x.csv'),
    ]);
    expect(wrong.map(({ code }) => code)).toEqual([2, 2]);
    expect(wrong[0]?.stderr).toContain('--sha256');
  });

  it('stores rows that fail expectations, with what they fail, and says so', async () => {
    const [header = '', ...lines] = Buffer.from(csv).toString('utf8').trim().split('\n');
    const inverted = lines.map((line) => line.replace(/[01]$/, (label) => String(1 - Number(label))));
    const { result, said } = await take(await file('inverted.csv', [header, ...inverted].join('\n')));
    expect(said).toContain('the labels are inverted');
    const { body } = await get(`${model}/datasets/${result.datasetVersion}`);
    expect(body).toMatchObject({
      expectations: { success: false, failed: [expect.stringContaining("the mean of 'is_fraud'")] },
    });
  });
});
