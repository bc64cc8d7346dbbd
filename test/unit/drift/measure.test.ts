import { describe, expect, it } from 'vitest';
import { countRows, type Row, sampleOf, specOf } from './arbitrary-columns.ts';
import { numberSpec } from '../../../shared/drift/column-bins.ts';
import type { ColumnEvidence } from '../../../shared/drift/column-evidence.ts';
import { measure } from '../../../shared/drift/measure.ts';
import { numericStatistics } from '../../../shared/drift/measure-sample.ts';

const shape = { seed: 1, size: 20_000, zeros: 0.1, step: 0, spread: 1, shift: 0, sign: 1 as const };
const reference = rowsOf(sampleOf(shape));

function rowsOf(amounts: Float64Array): Row[] {
  return Array.from(amounts, (amount, i) => ({
    amount,
    member: i % 50 === 0,
    country: ['CA', 'US', 'US', 'DE'][i % 4]!,
  }));
}

function compare(current: readonly Row[], before = reference, importances = new Map<string, number>()) {
  const spec = specOf(before);
  const columns = measure(spec, countRows(spec, before), countRows(spec, current), importances);
  return Object.fromEntries(columns.map((column) => [column.column, column])) as Record<
    keyof Row,
    ColumnEvidence
  >;
}

describe('measure', () => {
  it('finds nothing between a window and itself', () => {
    const { amount, member, country } = compare(reference);
    expect(amount).toMatchObject({
      kind: 'numeric',
      distinct: 1_001,
      statistics: { ks: 0, ksPValue: 1, psi: 0 },
    });
    expect(amount.statistics.wassersteinNormed).toBeLessThan(1e-12);
    expect(member).toMatchObject({
      kind: 'rate',
      totalVariation: 0,
      rate: { reference: 0.02, current: 0.02 },
    });
    expect(country).toMatchObject({
      kind: 'categorical',
      totalVariation: 0,
      unseen: { share: 0, values: [] },
    });
    for (const column of [amount, member, country]) expect(column.broken).toBeUndefined();
  });

  it('agrees with the statistics of the rows themselves', () => {
    const current = sampleOf({ ...shape, seed: 2, size: 30_000 }).map((value) => value * 1.1);
    const found = compare(rowsOf(current)).amount.statistics;
    const before = Float64Array.from(reference, ({ amount }) => amount ?? 0).sort();
    const exact = numericStatistics(before, current.toSorted());
    expect(exact.ks! - found.ks!).toBeGreaterThanOrEqual(-1e-12);
    expect(exact.ks! - found.ks!).toBeLessThan(0.002);
    expect(found.psi).toBeCloseTo(exact.psi!, 12);
    expect(found.jensenShannon).toBeCloseTo(exact.jensenShannon!, 12);
    expect(found.wasserstein! / exact.wasserstein!).toBeCloseTo(1, 1);
    expect(found.wassersteinNormed! / exact.wassersteinNormed!).toBeCloseTo(1, 1);
  });

  it('tells what share is missing, out of range, or a category that is new', () => {
    const current = reference.map((row, i): Row => ({
      amount: i % 10 === 0 ? null : i % 10 === 1 ? 1e9 : row.amount,
      member: row.member,
      country: i % 100 === 0 ? 'XX' : i % 100 === 1 ? 'YY' : i % 100 === 2 ? 'XX' : row.country,
    }));
    const { amount, country } = compare(current);
    expect(amount.missing).toMatchObject({ reference: 0, current: 0.1 });
    expect(amount.missing.pValue).toBeLessThan(1e-100);
    expect(amount.outOfRange).toMatchObject({ reference: 0, current: 0.1 });
    expect(country.unseen).toEqual({ share: 0.03, values: ['XX', 'YY'] });
  });

  it('does not take a category for new that this reference had, though the baseline did not', () => {
    const spec = specOf(reference);
    const withNew = (value: string) =>
      countRows(
        spec,
        reference.map((row, i) => (i % 10 === 0 ? { ...row, country: value } : row)),
      );
    const [, , country] = measure(spec, withNew('XX'), withNew('XX'), new Map());
    expect(country?.unseen).toEqual({ share: 0, values: [] });
    const [, , other] = measure(spec, withNew('XX'), withNew('YY'), new Map());
    expect(other?.unseen).toEqual({ share: 0.1, values: ['YY'] });
  });

  it('finds columns broken that carry nothing any more, and no others', () => {
    const nothing = reference.map((): Row => ({ amount: 0, member: null, country: 'US' }));
    const broken = compare(nothing);
    expect(broken.amount.broken).toBe('constant');
    expect(broken.member.broken).toBe('all missing');
    expect(broken.country.broken).toBe('constant');
    const again = compare(nothing, nothing);
    for (const column of Object.values(again)) expect(column.broken).toBeUndefined();
    expect(compare([]).amount).toMatchObject({ rows: { current: 0 }, statistics: {} });
    expect(compare([]).amount.broken).toBeUndefined();
  });

  it('weighs an input by the features that are made of it', () => {
    const values = Float64Array.of(1, 2, 3);
    const spec = [
      numberSpec({ column: 'a', role: 'input', values: 'numbers' }, values),
      numberSpec({ column: 'a', role: 'feature', values: 'numbers', from: ['a'] }, values),
      numberSpec({ column: 'ratio', role: 'feature', values: 'numbers', from: ['a', 'b'] }, values),
      numberSpec({ column: 'other', role: 'feature', values: 'numbers', from: ['b'] }, values),
      numberSpec({ column: 'score', role: 'score', values: 'numbers' }, values),
    ];
    const none = countRows(spec, []);
    const importances = new Map([
      ['a', 0.25],
      ['ratio', 0.5],
      ['other', -0.1],
      ['score', 9],
    ]);
    expect(measure(spec, none, none, importances).map(({ importance }) => importance)).toEqual([
      0.75, 0.25, 0.5, -0.1, 0,
    ]);
  });

  it('compares no windows of two baselines', () => {
    const [a, b] = [specOf(reference), specOf(reference.slice(1))];
    expect(() => measure(a, countRows(a, []), countRows(b, []), new Map())).toThrow('different baselines');
  });
});
