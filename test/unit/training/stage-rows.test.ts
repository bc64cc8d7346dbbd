import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { parseDefinition } from '../../../shared/features/contract.ts';
import { stageRows } from '../../../shared/training/stage-rows.ts';
import type { FileCell, Table } from '../../../shared/training/table.ts';

const definition = parseDefinition({
  model: 'm',
  title: 'M',
  description: '',
  columns: [
    { name: 'at', type: 'timestamp', role: 'eventTime', required: true },
    { name: 'amount', type: 'number', required: true, min: 0 },
    { name: 'kind', type: 'category', categories: ['a', 'b'] },
    { name: 'y', type: 'category', role: 'label', labels: { positive: 'yes', negative: 'no' } },
  ],
  features: [{ op: 'passthrough', column: 'amount' }],
  policy: { review: 0.5, block: 0.5 },
});

function table(columns: string[], rows: FileCell[][], texts = true): Table {
  const lines = rows.map((_, index) => index + 2);
  return {
    format: texts ? 'csv' : 'jsonl',
    columns,
    texts,
    batches: (async function* () {
      yield await Promise.resolve({ rows, lines });
    })(),
  };
}

async function stage(from: Table) {
  let text = '';
  const staged = await stageRows(from, definition, undefined, async (piece) => {
    text += piece;
    await Promise.resolve();
  });
  return { ...staged, text };
}

const header = ['y', 'amount', 'extra', 'at', 'kind'];

describe('rows on their way into a data set', () => {
  it('are written in one form, and counted', async () => {
    const staged = await stage(
      table(header, [
        ['yes', '1.50', '7', '2026-01-02T03:04:05.678901+01:00', 'a'],
        ['no', '2e3', null, '2026-01-01 00:00', null],
      ]),
    );
    expect(staged.text).toBe(
      'at,amount,kind,y,extra\n2026-01-02T02:04:05.678Z,1.5,a,yes,7\n2026-01-01T00:00:00.000Z,2000,,no,\n',
    );
    expect(staged.sha256).toBe(createHash('sha256').update(staged.text).digest('hex'));
    expect(staged.facts).toEqual({
      rows: 2,
      delimiter: ',',
      columns: [
        { name: 'at', type: 'timestamp', known: true, missing: 0 },
        { name: 'amount', type: 'number', known: true, missing: 0 },
        { name: 'kind', type: 'category', known: true, missing: 1 },
        { name: 'y', type: 'category', known: true, missing: 0 },
        { name: 'extra', type: 'number', known: false, missing: 1 },
      ],
      absent: [],
      timeSpan: { from: '2026-01-01T00:00:00.000Z', to: '2026-01-02T02:04:05.678Z' },
      labelRate: 0.5,
    });
  });

  it('are the same rows whatever file they come in, and in whatever order its columns are', async () => {
    const texts = await stage(table(header, [['yes', '1.50', 'x', '2026-01-02', 'a']]));
    const typed = await stage(
      table(['at', 'kind', 'y', 'extra', 'amount'], [['2026-01-02T00:00:00Z', 'a', true, 'x', 1.5]], false),
    );
    expect(typed.sha256).toBe(texts.sha256);
  });

  it('are refused where a required column or the label’s is missing', async () => {
    await expect(stage(table(['y', 'at'], []))).rejects.toThrow('the file lacks required columns: amount');
    await expect(stage(table(['amount', 'at'], []))).rejects.toThrow('the file lacks required columns: y');
  });

  it('may lack a column that is not required', async () => {
    const { facts } = await stage(table(['y', 'at', 'amount'], [['no', '2026-01-02', '1']]));
    expect(facts.absent).toEqual(['kind']);
  });

  it('are refused where a column is of another type, each named with how many rows and where', async () => {
    const rows = table(
      ['y', 'at', 'amount'],
      [
        ['no', '2026-01-02', '1'],
        ['no', '2026-01-02', 'many'],
        [null, '2026-01-02', 'more'],
        [null, '2026-01-02', '2'],
      ],
    );
    await expect(stage(rows)).rejects.toThrow(
      '3 of 4 rows (75.00 %) cannot be used:\n' +
        '  amount: 2 rows, first on line 3: must be a number, not "many"\n' +
        '  y: 1 rows, first on line 5: is missing: a label is needed',
    );
    const asText = table(['y', 'at', 'amount'], [['no', '2026-01-02', '1']], false);
    await expect(stage(asText)).rejects.toThrow('amount: 1 rows, first on line 2: must be a number, not "1"');
  });
});
