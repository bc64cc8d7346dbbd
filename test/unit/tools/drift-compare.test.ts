import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { type DriftReport, driftReportSchema } from '../../../shared/drift/report.ts';
import { createRandom } from '../../../shared/training/random.ts';
import { compareFiles } from '../../../tools/drift-compare.ts';

const root = resolve(import.meta.dirname, '../../..');
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'drift-compare-'));
});
afterAll(async () => rm(folder, { recursive: true }));

interface Ended {
  readonly code: number;
  readonly out: string;
  readonly error: string;
}

/** Runs the command. The files are in the test's folder. */
async function run(...args: readonly string[]): Promise<Ended> {
  return new Promise((done) => {
    const child = execFile(
      process.execPath,
      ['tools/drift-compare.ts', ...args],
      { cwd: root },
      (_, out, error) => {
        done({ code: child.exitCode ?? -1, out, error });
      },
    );
  });
}

async function file(name: string, content: string | Uint8Array): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, content);
  return path;
}

async function compared(
  reference: string,
  current: string,
  policy: DriftReport['policy'] = 'tollgate',
): Promise<DriftReport> {
  const at = new Date('2026-01-02T03:04:05Z');
  const { report } = await compareFiles({ reference, current, policy }, () => undefined, at);
  return driftReportSchema.parse(report);
}

const NAME = '<script>alert(1)</script>';

/** Rows with a number, a category, a flag, and a column that nobody changes. */
function rows(
  n: number,
  seed: number,
  {
    times = 1,
    countries = ['US', 'DE'],
    flagged = 0.02,
  }: { times?: number; countries?: readonly string[]; flagged?: number } = {},
): string {
  const random = createRandom(seed);
  const normal = () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  const lines = Array.from({ length: n }, () => {
    const country = countries[Math.floor(random() * countries.length)];
    const amount = (times * Math.exp(3 + normal())).toFixed(2);
    return [amount, country, random() < flagged ? 1 : 0, random() < 0.1 ? '' : normal().toFixed(3)].join(',');
  });
  return [`amount,country,flag,${NAME}`, ...lines].join('\n');
}

describe('drift:compare', () => {
  it('writes one JSON document with every statistic of the column’s kind, and the page, and exits 0 though drifted', async () => {
    const [reference, current, html] = [
      await file('a.csv', rows(3_000, 1)),
      await file('b.csv', rows(3_000, 2, { times: 2, countries: ['US', 'DE', 'BR'] })),
      join(folder, 'out.html'),
    ];
    const { code, out, error } = await run('--reference', reference, '--current', current, '--html', html);
    expect(error).not.toContain('Error');
    expect(code).toBe(0);
    const report = driftReportSchema.parse(JSON.parse(out));
    expect(report).toMatchObject({ rows: 3_000, policy: 'tollgate', drifted: true, alarm: false });
    expect(report.columns.map(({ rank }) => rank)).toEqual([1, 2, 3, 4]);
    const byName = new Map(report.columns.map((column) => [column.column, column]));
    expect(Object.keys(byName.get('amount')?.statistics ?? {}).toSorted()).toEqual([
      'jensenShannon',
      'ks',
      'ksPValue',
      'psi',
      'wasserstein',
      'wassersteinNormed',
    ]);
    expect(byName.get('flag')).toMatchObject({ kind: 'numeric', drifted: false });
    expect(Object.keys(byName.get('country')?.statistics ?? {}).toSorted()).toEqual([
      'chiSquare',
      'chiSquarePValue',
      'jensenShannon',
      'psi',
    ]);
    expect(byName.get('country')).toMatchObject({ kind: 'categorical', unseen: { values: ['BR'] } });
    expect(
      report.columns
        .filter((one) => one.drifted)
        .map((one) => one.column)
        .toSorted(),
    ).toEqual(['amount', 'country']);
    const page = await readFile(html, 'utf8');
    expect(page).toContain('b.csv beside a.csv');
    expect(page).toContain('&lt;script&gt;alert(1)&lt;/script&gt;');
    expect(page).not.toContain('<script');
  });

  it('exits 3 with --fail-on-drift where the files differ, and 0 where they do not', async () => {
    const [a, b, c] = [
      await file('c.csv', rows(2_000, 3)),
      await file('d.csv', rows(2_000, 4, { times: 3 })),
      await file('e.csv', rows(2_000, 5)),
    ];
    const [drifted, same] = await Promise.all([
      run('--reference', a, '--current', b, '--fail-on-drift'),
      run('--reference', a, '--current', c, '--fail-on-drift'),
    ]);
    expect(drifted.code).toBe(3);
    expect(driftReportSchema.parse(JSON.parse(drifted.out)).drifted).toBe(true);
    expect(same.code).toBe(0);
    expect(driftReportSchema.parse(JSON.parse(same.out)).drifted).toBe(false);
  });

  it('exits 2 on wrong usage and 1 where a file can’t be read', async () => {
    const a = await file('f.csv', rows(10, 6));
    const ended = await Promise.all([
      run('--reference', a),
      run('--reference', a, '--current', join(folder, 'x.txt'), '--policy', 'ks'),
      run('--reference', a, '--current', join(folder, 'absent.csv')),
    ]);
    expect(ended.map(({ code }) => code)).toEqual([2, 2, 1]);
    expect(ended.map(({ out }) => out)).toEqual(['', '', '']);
    expect(ended[2]?.error).toContain('absent.csv');
    await expect(compared(a, await file('twice.csv', 'x,x\n1,2\n'))).rejects.toThrow(/column 'x' twice/);
    await expect(compared(a, await file('empty.csv', 'x,y\n'))).rejects.toThrow('empty.csv has no rows');
  });

  it('calls a column numeric only where every value of both files is a number', async () => {
    const numbers = 'plain,signs,text,empty\n1,+.5,1,\n2,-1e3,2,\n,3.,3,\n';
    const [a, b] = [await file('g.csv', numbers), await file('h.csv', numbers.replace('3,\n', 'three,\n'))];
    const kinds = async (first: string, second: string) =>
      Object.fromEntries((await compared(first, second)).columns.map(({ column, kind }) => [column, kind]));
    expect(await kinds(a, a)).toEqual({
      plain: 'numeric',
      signs: 'numeric',
      text: 'numeric',
      empty: 'numeric',
    });
    expect(await kinds(a, b)).toMatchObject({ text: 'categorical', signs: 'numeric' });
    expect(await kinds(b, a)).toMatchObject({ text: 'categorical' });
  });

  it('gives the same figures whatever form a file has', async () => {
    const csv = rows(400, 7);
    const [header = '', ...lines] = csv.split('\n');
    const names = header.split(',');
    const jsonl = lines
      .map((line) =>
        JSON.stringify(
          Object.fromEntries(
            line
              .split(',')
              .map((cell, index) => [names[index], cell === '' ? null : index === 1 ? cell : Number(cell)]),
          ),
        ),
      )
      .join('\n');
    const reference = await file('i.csv', rows(500, 8));
    const reports = await Promise.all(
      [
        await file('j.csv', csv),
        await file('j.csv.gz', gzipSync(csv)),
        await file('j2.csv', csv.replaceAll(',', ';')),
        await file('j.jsonl', jsonl),
      ].map(async (current) => compared(reference, current)),
    );
    for (const { columns, rows: counted } of reports) {
      expect(counted).toBe(400);
      expect(columns).toEqual(reports[0]?.columns);
    }
  });

  it('has the figures of scipy', async () => {
    const fixture = z
      .object({
        numeric: z.array(
          z.object({
            reference: z.array(z.number()),
            current: z.array(z.number()),
            expected: z.record(z.string(), z.number()),
          }),
        ),
      })
      .parse(JSON.parse(await readFile(join(root, 'test/fixtures/drift-statistics.json'), 'utf8')));
    for (const [index, { reference, current, expected }] of fixture.numeric.entries()) {
      const [a, b] = [
        await file(`r${index}.csv`, ['x', ...reference].join('\n')),
        await file(`c${index}.csv`, ['x', ...current].join('\n')),
      ];
      const { columns } = await compared(a, b);
      for (const [name, value] of Object.entries(expected)) {
        expect(Object.entries(columns[0]?.statistics ?? {})).toContainEqual([name, expect.closeTo(value, 9)]);
      }
    }
  });

  it('says of a column that only one file has that it is gone, or that there is nothing to compare it with', async () => {
    const many = (header: string, cell: (row: number) => string) =>
      [header, ...Array.from({ length: 600 }, (_, row) => cell(row))].join('\n');
    const a = await file(
      'k.csv',
      many('x,old', (row) => `${row},${row % 7}`),
    );
    const b = await file(
      'l.csv',
      many('x,new', (row) => `${row},v${row % 3}`),
    );
    const { columns, alarm } = await compared(a, b);
    const byName = new Map(columns.map((column) => [column.column, column]));
    expect(byName.get('x')).toMatchObject({ drifted: false });
    expect(byName.get('old')).toMatchObject({
      drifted: true,
      broken: 'all missing',
      alarm: true,
      statistics: {},
    });
    expect(byName.get('new')).toMatchObject({ drifted: false, untested: 'no-reference', statistics: {} });
    expect(alarm).toBe(true);
  });

  it('reports identifiers, which any sample has others of, without testing them', async () => {
    const many = (seed: number) =>
      ['id', ...Array.from({ length: 1_000 }, (_, row) => `t-${seed}-${row}`)].join('\n');
    const { columns, drifted } = await compared(await file('m.csv', many(1)), await file('n.csv', many(2)));
    expect(columns[0]).toMatchObject({ untested: 'many-categories', drifted: false });
    expect(drifted).toBe(false);
  });

  it.each(['tollgate', 'evidently', 'ks'] as const)('judges by %s', async (policy) => {
    const a = await file(`o-${policy}.csv`, rows(3_000, 9));
    const same = await compared(a, a, policy);
    const other = await compared(
      a,
      await file(`p-${policy}.csv`, rows(3_000, 10, { times: 3, flagged: 0.3 })),
      policy,
    );
    expect([same.policy, same.drifted]).toEqual([policy, false]);
    const drifted = other.columns.filter((column) => column.drifted).map(({ column }) => column);
    expect(drifted).toEqual(expect.arrayContaining(['amount', 'flag']));
  });
});
