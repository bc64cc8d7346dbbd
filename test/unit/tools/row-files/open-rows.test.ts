import { createHash } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { describe, expect, it } from 'vitest';
import { parseDefinition } from '../../../../shared/features/contract.ts';
import { type RowSource, sourceFault } from '../../../../tools/row-files/open-rows.ts';
import { describeOrigin, withStagedFile } from '../../../../tools/stage-file.ts';
import { everyForm, withFiles, zipOf } from '../../../fixtures/row-files.ts';

const definition = parseDefinition({
  model: 'm',
  title: 'M',
  description: '',
  defaultFile: { delimiter: ';' },
  columns: [
    { name: 'at', type: 'timestamp', role: 'eventTime', required: true },
    { name: 'who', type: 'string', role: 'entity' },
    { name: 'amount', type: 'number', required: true },
    { name: 'y', type: 'number', role: 'label' },
  ],
  features: [{ op: 'passthrough', column: 'amount' }],
  policy: { review: 0.5, block: 0.5 },
});

const csv = Buffer.from(
  '\uFEFF"at";"who";"amount";"note";"y"\n' +
    Array.from({ length: 2_500 }, (_, row) => {
      const who = row % 7 === 0 ? '' : row % 11 === 0 ? '"a ""; b\nc é"' : `c${row}`;
      return `2026-01-${String(1 + (row % 28)).padStart(2, '0')}T10:00:00;${who};${row / 8};n;${row % 3 === 0 ? 1 : 0}\n`;
    }).join(''),
);

async function stage(source: RowSource) {
  return withStagedFile(
    source,
    definition,
    undefined,
    () => undefined,
    async (file) => ({
      ...file.staged,
      origin: file.origin,
      text: Buffer.from(await file.readWhole()).toString('utf8'),
    }),
  );
}

describe('a file of rows', () => {
  const forms = everyForm(csv, ';', ['at', 'who', 'note']);

  it.each([...forms.keys()])('gives the same rows as %s', async (name) => {
    const bytes = forms.get(name) ?? new Uint8Array();
    await withFiles(forms, async (pathOf) => {
      const plain = await stage({ file: pathOf('rows.csv') });
      const staged = await stage({
        file: pathOf(name),
        ...(name === 'rows.zip' ? { member: 'rows.csv' } : {}),
      });
      expect(staged.text).toBe(plain.text);
      expect(staged.sha256).toBe(createHash('sha256').update(plain.text).digest('hex'));
      expect(staged.facts.rows).toBe(2_500);
      expect(staged.origin).toMatchObject({
        file: name,
        bytes: bytes.length,
        sha256: createHash('sha256').update(bytes).digest('hex'),
      });
    });
  });

  it('may be in a zip inside a zip', async () => {
    const nested = zipOf({ 'inner.zip': zipOf({ 'data/rows.csv': csv }), 'a.csv': csv, 'b.csv': csv });
    await withFiles(new Map([['outer.zip', nested]]), async (pathOf) => {
      const staged = await stage({ file: pathOf('outer.zip'), member: 'inner.zip/data/rows.csv' });
      expect(staged.facts.rows).toBe(2_500);
      expect(describeOrigin(staged.origin)).toBe('outer.zip, inner.zip/data/rows.csv');
      await expect(stage({ file: pathOf('outer.zip') })).rejects.toThrow(
        'outer.zip holds inner.zip, a.csv, b.csv',
      );
      await expect(stage({ file: pathOf('outer.zip'), member: 'c.csv' })).rejects.toThrow(
        "has no member 'c.csv'",
      );
    });
  });

  it('is refused where it is damaged, is another one, or is not what its name says', async () => {
    const zip = zipOf({ 'rows.csv': csv });
    const at = zip.indexOf('rows.csv') + 'rows.csv'.length + 300;
    zip[at] = (zip[at] ?? 0) ^ 0xff;
    const gz = Buffer.from(forms.get('rows.csv.gz') ?? []).subarray(0, 900);
    const files = new Map<string, Uint8Array>([
      ['bad.zip', zip],
      ['cut.csv.gz', gz],
      ['no.parquet', csv],
      ['no.jsonl', csv],
      ['empty.csv', new Uint8Array()],
      ['empty.jsonl', new Uint8Array()],
    ]);
    await withFiles(files, async (pathOf) => {
      await expect(stage({ file: pathOf('bad.zip') })).rejects.toThrow("member 'rows.csv' is damaged");
      await expect(stage({ file: pathOf('cut.csv.gz') })).rejects.toThrow(/unexpected end/);
      await expect(stage({ file: pathOf('no.parquet') })).rejects.toThrow(/not Parquet/);
      await expect(stage({ file: pathOf('no.jsonl') })).rejects.toThrow(/line 1: not JSON/);
      await expect(stage({ file: pathOf('empty.csv') })).rejects.toThrow(/the file is empty/);
      await expect(stage({ file: pathOf('empty.jsonl') })).rejects.toThrow(/the file is empty/);
      const other = { file: pathOf('empty.csv'), sha256: '0'.repeat(64) };
      await expect(stage(other)).rejects.toThrow(/has SHA-256 e3b0c442.*it is another file/);
    });
  });

  it('leaves nothing behind', async () => {
    const mine = async () =>
      (await readdir(tmpdir())).filter((name) => /^tollgate-(rows|staged)-/.test(name));
    const before = new Set(await mine());
    await withFiles(new Map([['rows.zip', zipOf({ 'rows.csv': csv })]]), async (pathOf) => {
      await stage({ file: pathOf('rows.zip') });
    });
    // Other tests make such folders too, but none that stay.
    await expect.poll(async () => (await mine()).filter((name) => !before.has(name))).toEqual([]);
  });
});

describe('how a source is named', () => {
  it.each<[RowSource, RegExp]>([
    [{ file: 'http://x.org/a.csv' }, /not an https/],
    [{ file: 'https://x.org/a.csv' }, /needs --sha256/],
    [{ file: 'https://x.org/a.csv', sha256: 'abc' }, /64 hexadecimal/],
    [{ file: 'a.xlsx' }, /not .csv, .jsonl or .parquet/],
    [{ file: 'a.csv', member: 'b.csv' }, /--member is for a zip/],
    [{ file: 'a.zip', member: 'b.txt' }, /'b.txt' is not/],
  ])('%o is wrong', (source, fault) => {
    expect(sourceFault(source)).toMatch(fault);
  });

  it.each<RowSource>([
    { file: 'a.csv' },
    { file: 'dir.v1/a.JSONL.GZ' },
    { file: 'a.zip' },
    { file: 'https://x.org/some+data.zip?v=1', sha256: 'a'.repeat(64), member: 'in.zip/a.parquet' },
  ])('%o is right', (source) => {
    expect(sourceFault(source)).toBeUndefined();
  });
});
