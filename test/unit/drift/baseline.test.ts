import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { makeBaseline, readBaseline, writeBaseline } from '../../../shared/drift/baseline.ts';
import { PredictionCounter } from '../../../shared/drift/count-predictions.ts';
import { logLineSchema } from '../../../shared/events/event-schema.ts';
import { predictionEventWriter } from '../../../shared/events/prediction-event.ts';
import { type CompiledContract, compileContract } from '../../../shared/features/compile.ts';
import { fitContract, parseDefinition } from '../../../shared/features/contract.ts';
import type { CheckedRow } from '../../../shared/features/row-values.ts';
import { idAt } from '../../fixtures/prediction-events.ts';
import { acceptableRow, everyOperation } from '../features/every-operation.ts';

const definition = parseDefinition({
  ...everyOperation,
  columns: everyOperation.columns.map((column) =>
    column.name === 'usual' ? { ...column, ages: true } : column,
  ),
});
const plain = compileContract(definition);
const rows = fc.sample(acceptableRow, { numRuns: 400, seed: 5 }).map((row) => {
  const checked = plain.check(row, '');
  if (!checked.ok) throw new Error(JSON.stringify(checked.problems));
  return checked.row;
});
const contract = compileContract(fitContract(definition, rows));
const labels = rows.map((row) => contract.label(row) ?? 0);
const scores = rows.map((_, index) => Math.fround((index + 0.5) / rows.length));
const baseline = makeBaseline({ contract, rows, features: matrixOf(contract, rows), labels, scores });

describe('makeBaseline', () => {
  it('has every input, feature, the score, both decisions and the label, and says why some are not tested', () => {
    const columns = baseline.spec.map(({ column, role, kind, untested }) => [
      role,
      column,
      kind,
      ...(untested === undefined ? [] : [untested]),
    ]);
    expect(columns).toEqual([
      ['input', 'key', 'categorical', 'identifier'],
      ['input', 'owner', 'categorical', 'entity'],
      ['input', 'at', 'categorical', 'calendar'],
      ['input', 'before', 'categorical', 'calendar'],
      ['input', 'amount', 'numeric'],
      ['input', 'usual', 'numeric', 'ages'],
      ['input', 'count', 'numeric'],
      ['input', 'hour', 'numeric', 'calendar'],
      ['input', 'member', 'rate'],
      ['input', 'color', 'categorical'],
      ['input', 'shade', 'categorical'],
      ['input', 'shop', 'categorical'],
      ['feature', 'usual', 'numeric', 'ages'],
      ['feature', 'member', 'rate'],
      ['feature', 'amount_log1p', 'numeric'],
      ['feature', 'amount_per_usual', 'numeric', 'ages'],
      ['feature', 'hour_sin', 'numeric', 'calendar'],
      ['feature', 'hour_cos', 'numeric', 'calendar'],
      ['feature', 'at_month_sin', 'numeric', 'calendar'],
      ['feature', 'at_month_cos', 'numeric', 'calendar'],
      ...['red', 'green', 'other', '(other)', '(missing)'].map((name) => [
        'feature',
        `color=${name}`,
        'rate',
      ]),
      ...['red', 'dark red', '(other)'].map((name) => ['feature', `shade=${name}`, 'rate']),
      ['feature', 'color_ordinal', 'numeric'],
      ['feature', 'before_missing', 'rate'],
      ['feature', 'shop_frequency', 'numeric'],
      ['feature', 'few', 'rate'],
      ['feature', 'color_equal_shade', 'rate'],
      ['feature', 'usual_less_amount', 'rate', 'ages'],
      ['feature', 'at_minus_before', 'numeric'],
      ['feature', 'amount_minus_usual', 'numeric', 'ages'],
      ['feature', 'shade_matches_color', 'rate'],
      ['score', 'score', 'numeric'],
      ['decision', 'flagged', 'rate'],
      ['decision', 'blocked', 'rate'],
      ['label', 'won', 'rate'],
    ]);
  });

  it('counts logged predictions of the same rows as it counted the rows', () => {
    const { columns } = definition;
    const source = { model: 'every-operation', version: '1', columns, width: contract.width };
    const write = predictionEventWriter(source, 1e6);
    const features = matrixOf(contract, rows).values;
    const counter = new PredictionCounter(baseline.spec);
    for (const [index, row] of rows.entries()) {
      const text = write({
        id: idAt(1e12 + index),
        variant: 'champion',
        pinned: false,
        row,
        features,
        offset: index * contract.width,
        score: scores[index],
        decision: scores[index]! >= 0.7 ? 'block' : scores[index]! >= 0.2 ? 'review' : 'approve',
        latencyMs: 1,
      });
      const line: unknown = { partition: '0', sequenceNumber: index, event: JSON.parse(text) };
      counter.add(logLineSchema.parse(line).event.data);
    }
    const logged = counter.taken();
    for (const [index, { column, role }] of baseline.spec.entries()) {
      if (role === 'label') expect(logged.columns[index]?.counts.every((count) => count === 0)).toBe(true);
      else expect([column, logged.columns[index]]).toEqual([column, baseline.reference.columns[index]]);
    }
  });

  it('has a text column with more than 256 values counted, and not tested', () => {
    const many = rows.map((row, index): CheckedRow => row.with(11, `s${index % 300}`));
    const { spec } = makeBaseline({
      contract,
      rows: many,
      features: matrixOf(contract, many),
      labels,
      scores,
    });
    const shop = spec.find(({ column }) => column === 'shop');
    expect(shop).toMatchObject({ untested: 'many-categories', distinct: 300 });
    expect(shop?.kind === 'categorical' && shop.categories).toHaveLength(256);
  });

  it('has no reference for a column without values', () => {
    const none = rows.map((row): CheckedRow => row.with(9, null));
    const made = makeBaseline({ contract, rows: none, features: matrixOf(contract, none), labels, scores });
    expect(made.spec.find(({ column }) => column === 'color')?.untested).toBe('no-reference');
    expect(readBaseline(writeBaseline(made))).toEqual(made);
  });

  it('divides the scores into 200 bins of equal width, and at their quantiles', () => {
    const score = baseline.spec.find(({ role }) => role === 'score');
    const edges = score?.kind === 'numeric' ? score.edges : [];
    for (let bin = 0; bin < 200; bin += 1) expect(edges).toContain(bin / 200);
    expect(edges[0]).toBe(0);
    expect(edges.at(-1)).toBe(1 + Number.EPSILON);
  });
});

describe('baseline.json', () => {
  it('comes back as it was', () => {
    expect(readBaseline(writeBaseline(baseline))).toEqual(baseline);
  });

  it.each<[string, (file: { columns: { edges?: number[] }[]; [name: string]: unknown }) => unknown]>([
    ['no object', () => 5],
    ['another format', (file) => ({ ...file, formatVersion: 2 })],
    [
      'edges that do not ascend',
      (file) => ({
        ...file,
        columns: file.columns.map((one) => ({ ...one, ...(one.edges && { edges: one.edges.toReversed() }) })),
      }),
    ],
    ['counts of other columns', (file) => ({ ...file, columns: file.columns.slice(1) })],
    ['a reference that is no histogram', (file) => ({ ...file, reference: 'AAAA' })],
  ])('is refused with %s', (_, change) => {
    const file = JSON.parse(writeBaseline(baseline).toString());
    const bytes = Buffer.from(JSON.stringify(change(file)));
    expect(() => readBaseline(bytes)).toThrow('The baseline cannot be read');
  });
});

describe('a prediction', () => {
  const counted = (data: Partial<Parameters<PredictionCounter['add']>[0]>) => {
    const counter = new PredictionCounter(baseline.spec);
    counter.add({
      pinned: false,
      inputs: { amount: 5, color: 'red' },
      features: Array.from({ length: contract.width }, () => 1),
      score: 0.5,
      decision: 'review',
      ...data,
    });
    const histogram = counter.taken();
    const rowsOf = (wanted: string) =>
      histogram.columns[baseline.spec.findIndex(({ role }) => role === wanted)]!.counts.reduce(
        (a, b) => a + b,
        0,
      );
    const { rows: all, failed, pinned } = histogram;
    return {
      all,
      failed,
      pinned,
      input: rowsOf('input'),
      feature: rowsOf('feature'),
      score: rowsOf('score'),
      decision: rowsOf('decision'),
    };
  };
  const whole = { all: 1, failed: 0, pinned: 0, input: 1, feature: 1, score: 1, decision: 1 };

  it('counts in every column', () => {
    expect(counted({})).toEqual(whole);
  });

  it('that failed counts by its inputs and features', () => {
    const failed = counted({ error: { code: 'x', message: 'y' }, score: undefined, decision: undefined });
    expect(failed).toEqual({ ...whole, failed: 1, score: 0, decision: 0 });
  });

  it('of a version that the caller chose is only told', () => {
    expect(counted({ pinned: true })).toEqual({
      all: 0,
      failed: 0,
      pinned: 1,
      input: 0,
      feature: 0,
      score: 0,
      decision: 0,
    });
  });

  it('that was cut for its size does not count as missing values', () => {
    expect(counted({ truncated: true, inputs: {} })).toEqual({ ...whole, input: 0 });
    expect(counted({ truncated: true, inputs: {}, features: [] })).toEqual({
      ...whole,
      input: 0,
      feature: 0,
    });
  });
});

function matrixOf(compiled: CompiledContract, of: readonly CheckedRow[]) {
  const values = new Float32Array(of.length * compiled.width);
  for (const [index, row] of of.entries()) compiled.write(row, values, index * compiled.width);
  return { rows: of.length, columns: compiled.width, values };
}
