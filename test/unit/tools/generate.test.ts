import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readCsv } from '../../../shared/training/csv.ts';
import { resampledCsv } from '../../../tools/resample-csv.ts';

const root = resolve(import.meta.dirname, '../../..');
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'generate-'));
});
afterAll(async () => rm(folder, { recursive: true }));

interface Ended {
  readonly code: number;
  readonly out: string;
  readonly error: string;
}

async function generate(...args: readonly string[]): Promise<Ended> {
  return new Promise((done) => {
    const child = execFile(
      process.execPath,
      ['tools/generate.ts', ...args],
      { cwd: root },
      (_, out, error) => {
        done({ code: child.exitCode ?? -1, out, error });
      },
    );
  });
}

function recordsOf(text: string, delimiter = ','): { header: string[]; records: string[][] } {
  let header: string[] = [];
  const records: string[][] = [];
  readCsv(
    Buffer.from(text),
    delimiter,
    (names) => (header = names),
    (cells) => records.push(cells),
  );
  return { header, records };
}

describe('npm run generate', () => {
  it('writes the rows that were asked for, the same bytes for the same seed', async () => {
    const [file, again] = [join(folder, 'a.csv'), join(folder, 'b.csv')];
    const args = ['--model', 'fraud', '--rows', '1500', '--seed', '7', '--out'];
    const ended = await Promise.all([generate(...args, file), generate(...args, again)]);
    expect(ended.map(({ code, out }) => ({ code, out }))).toEqual([
      { code: 0, out: '' },
      { code: 0, out: '' },
    ]);
    const text = await readFile(file, 'utf8');
    expect(await readFile(again, 'utf8')).toBe(text);
    const { header, records } = recordsOf(text);
    expect(header).toEqual(
      'transaction_id,transaction_ts,customer_id,merchant_id,amount,currency,merchant_category,device_fingerprint,ip_geo_country,hour_of_day,day_of_week,customer_tenure_days,avg_monthly_spend,num_prev_tx_24h,is_fraud'.split(
        ',',
      ),
    );
    expect(records).toHaveLength(1500);
  });

  it('writes to standard output without --out, in the window and with the switches of the model', async () => {
    const args = '--model fraud --rows 200 --fraud-rate 0.5 --drift currency=XXX:1';
    const window = '--since 2026-03-01 --until 2026-03-02T00:00:00+01:00';
    const { code, out } = await generate(...args.split(' '), ...window.split(' '));
    expect(code).toBe(0);
    const { header, records } = recordsOf(out);
    const cells = (name: string): string[] => records.map((record) => record[header.indexOf(name)]!);
    expect(cells('transaction_ts').every((ts) => ts >= '2026-03-01T00' && ts < '2026-03-01T23')).toBe(true);
    expect(new Set(cells('currency'))).toEqual(new Set(['XXX']));
    expect(cells('is_fraud').filter((label) => label === '1').length).toBeGreaterThan(90);
  });

  it('draws from a file for a model without a generator, in its delimiter', async () => {
    const file = join(folder, 'source.csv');
    await writeFile(file, '"name";"y"\n"a;b";"no"\n"c";"yes"\n');
    const { code, out } = await generate('--model', 'bank-marketing', '--rows', '50', '--from', file);
    expect(code).toBe(0);
    const { header, records } = recordsOf(out, ';');
    expect(header).toEqual(['name', 'y']);
    expect(records).toHaveLength(50);
    expect(new Set(records.map((record) => record.join('|')))).toEqual(new Set(['a;b|no', 'c|yes']));
  });

  it.each([
    [['--model', 'fraud']],
    [['--rows', '5']],
    [['--model', 'fraud', '--rows', 'many']],
    [['--model', 'fraud', '--rows', '5', '--drift', 'amount=two']],
    [['--model', 'fraud', '--rows', '5', '--fraud-rate', '7']],
    [['--model', 'fraud', '--rows', '5', '--since', '2026-02-30']],
    [['--model', 'fraud', '--rows', '5', '--since', '2026-02-03', '--until', '2026-02-03']],
    [['--model', 'fraud', '--rows', '5', '--from', 'x.csv', '--accounts', '3']],
    [['--model', 'bank-marketing', '--rows', '5']],
    [['--model', 'bank-marketing', '--rows', '5', '--drift', 'amount=x2']],
  ])('exits 2 for %j', async (args) => {
    const { code, out, error } = await generate(...args);
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(error).toMatch(/^error: /);
  });

  it.each([
    [['--model', 'unheard-of', '--rows', '5'], /There is no model 'unheard-of'/],
    [['--model', 'fraud', '--rows', '5', '--from', 'absent.csv'], /absent\.csv/],
    [['--model', 'fraud', '--rows', '5', '--out', 'absent/folder/x.csv'], /absent\/folder/],
  ])('exits 1 for %j', async (args, message) => {
    const { code, error } = await generate(...args);
    expect(code).toBe(1);
    expect(error).toMatch(message);
  });

  it('explains itself', async () => {
    const { code, out } = await generate('--model', 'fraud', '--help');
    expect(code).toBe(0);
    expect(out).toMatch(/--fraud-rate <share>[^]*column=VALUE:SHARE/);
  });
});

describe('resampledCsv', () => {
  const source = `id,y\n${Array.from({ length: 1000 }, (_, i) => `${i},${i % 2}`).join('\n')}\n`;
  const draw = (rows: number, seed: number): number[] =>
    recordsOf([...resampledCsv(Buffer.from(source), ',', rows, seed)].join('')).records.map(([id]) =>
      Number(id),
    );

  it('draws with replacement, keeping the order of the file', () => {
    const ids = draw(1000, 1);
    expect(ids).toHaveLength(1000);
    expect(ids).toEqual(ids.toSorted((a, b) => a - b));
    // A bootstrap sample holds 1 - 1/e of the rows: 632 of 1,000, deviating by about 10.
    expect(Math.abs(new Set(ids).size - 632)).toBeLessThan(50);
  });

  it('draws the same for the same seed only', () => {
    expect(draw(500, 3)).toEqual(draw(500, 3));
    expect(draw(500, 4)).not.toEqual(draw(500, 3));
  });

  it('refuses a file without rows', () => {
    expect(() => [...resampledCsv(Buffer.from('id,y\n'), ',', 5, 1)]).toThrow(RangeError);
  });
});
