import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compileContract } from '../../../shared/features/compile.ts';
import { fitContract, parseDefinition } from '../../../shared/features/contract.ts';
import { anyRow, everyOperation } from './every-operation.ts';

const definition = parseDefinition(everyOperation);
const unfitted = compileContract(definition);
const good = { owner: 'o1', at: '2025-08-11T18:00:00', amount: 10 };

function checked(row: unknown) {
  const result = unfitted.check(row, '');
  if (!result.ok) throw new Error(JSON.stringify(result.problems));
  return result.row;
}

const trainingShops = ['s1', 's1', 's1', 's2', '__proto__', undefined].map((shop) =>
  checked({ ...good, shop }),
);
const compiled = compileContract(fitContract(definition, trainingShops));

function featuresOf(row: Record<string, unknown>): Record<string, number> {
  const out = new Float32Array(compiled.width);
  compiled.write(checked({ ...good, ...row }), out, 0);
  return Object.fromEntries(compiled.featureNames.map((name, index) => [name, out[index] ?? 0]));
}

const missing = Number.NaN;

describe('a feature', () => {
  it('has a name that says what it is', () => {
    expect(compiled.featureNames).toEqual([
      'usual',
      'member',
      'amount_log1p',
      'amount_per_usual',
      'hour_sin',
      'hour_cos',
      'at_month_sin',
      'at_month_cos',
      'color=red',
      'color=green',
      'color=other',
      'color=(other)',
      'color=(missing)',
      'shade=red',
      'shade=dark red',
      'shade=(other)',
      'color_ordinal',
      'before_missing',
      'shop_frequency',
      'few',
      'color_equal_shade',
      'usual_less_amount',
      'at_minus_before',
      'amount_minus_usual',
      'shade_matches_color',
    ]);
    expect(compiled.width).toBe(25);
  });

  it.each([
    // Expected numbers are worked out by hand, to the last bit of a float32.
    ['usual', { usual: 2.5 }, 2.5],
    ['usual', {}, missing],
    ['usual', { usual: 1e300 }, 3.4028234663852886e38],
    ['usual', { usual: -1e300 }, -3.4028234663852886e38],
    ['member', { member: true }, 1],
    ['member', { member: false }, 0],
    ['member', {}, missing],
    ['amount_log1p', { amount: 0 }, 0],
    ['amount_log1p', { amount: Math.E - 1 }, 1],
    ['amount_per_usual', { usual: 4 }, 2.5],
    ['amount_per_usual', { usual: 0 }, missing],
    ['amount_per_usual', { amount: 0, usual: 0 }, missing],
    ['amount_per_usual', {}, missing],
    ['amount_per_usual', { usual: -5e-324 }, -3.4028234663852886e38],
    ['hour_sin', {}, -1],
    ['hour_cos', { hour: 12 }, -1],
    ['at_month_sin', { at: '2025-03-05' }, 1],
    ['at_month_cos', { at: '2025-06-30' }, -1],
    ['color=other', { color: 'other' }, 1],
    ['color=(other)', { color: 'other' }, 0],
    ['color=(other)', { color: '(other)' }, 1],
    ['color=(other)', { color: '__proto__' }, 1],
    ['color=(other)', {}, 0],
    ['color=(missing)', {}, 1],
    ['color=(missing)', { color: 'red' }, 0],
    ['shade=red', {}, 1],
    ['color_ordinal', { color: 'green' }, 1],
    ['color_ordinal', { color: 'blue' }, 3],
    ['color_ordinal', {}, missing],
    ['before_missing', {}, 1],
    ['before_missing', { before: '2025-08-11' }, 0],
    ['shop_frequency', { shop: 's1' }, Math.fround(3 / 5)],
    ['shop_frequency', { shop: '__proto__' }, Math.fround(1 / 5)],
    ['shop_frequency', { shop: 's9' }, 0],
    ['shop_frequency', { shop: 'toString' }, 0],
    ['shop_frequency', {}, missing],
    ['few', { count: -1 }, 1],
    ['few', { count: 1 }, 1],
    ['few', {}, 0],
    ['color_equal_shade', { color: 'red', shade: 'red' }, 1],
    ['color_equal_shade', { color: 'red', shade: 'dark red' }, 0],
    ['color_equal_shade', { shade: 'red' }, missing],
    ['usual_less_amount', { usual: 9 }, 1],
    ['usual_less_amount', { usual: 10 }, 0],
    ['usual_less_amount', {}, missing],
    ['at_minus_before', { before: '2025-08-11T17:59:59.5' }, 0.5],
    ['at_minus_before', {}, missing],
    ['amount_minus_usual', { usual: 12 }, -2],
    ['shade_matches_color', { color: 'red', shade: 'dark red' }, 1],
    ['shade_matches_color', { color: 'green', shade: 'red' }, 0],
    ['shade_matches_color', { color: 'blue', shade: 'red' }, missing],
    ['shade_matches_color', { color: 'constructor', shade: 'red' }, missing],
  ])('%s of %j is %d', (name, row, expected) => {
    expect(featuresOf(row)[name]).toBe(expected);
  });

  it('sets exactly one bucket of a one-hot, or none where the value is missing', () => {
    const colors = ['red', 'green', 'other', 'blue', undefined];
    const sums = colors.map((color) => {
      const features = featuresOf({ color });
      return compiled.featureNames.filter((name) => name.startsWith('color=')).map((name) => features[name]);
    });
    expect(sums).toEqual([
      [1, 0, 0, 0, 0],
      [0, 1, 0, 0, 0],
      [0, 0, 1, 0, 0],
      [0, 0, 0, 1, 0],
      [0, 0, 0, 0, 1],
    ]);
    const plain = parseDefinition({ ...everyOperation, features: [{ op: 'one-hot', column: 'color' }] });
    const out = new Float32Array(4).fill(9);
    compileContract(plain).write(checked(good), out, 0);
    expect([...out]).toEqual([0, 0, 0, 0]);
  });

  it('is finite or missing for every row that is accepted, and lies within the row’s own stretch', () => {
    const { width } = compiled;
    fc.assert(
      fc.property(anyRow, (row) => {
        const result = compiled.check(row, '');
        if (!result.ok) return;
        const out = new Float32Array(3 * width).fill(7);
        compiled.write(result.row, out, width);
        expect(out.slice(0, width).every((value) => value === 7)).toBe(true);
        expect(out.slice(2 * width).every((value) => value === 7)).toBe(true);
        const written = out.slice(width, 2 * width);
        expect(written.every((value) => Number.isFinite(value) || Number.isNaN(value))).toBe(true);
        const again = new Float32Array(width);
        compiled.write(result.row, again, 0);
        expect(again).toEqual(written);
      }),
      { numRuns: 1000 },
    );
  });

  it('that needs fitting refuses to be written before', () => {
    expect(() => unfitted.write(checked(good), new Float32Array(unfitted.width), 0)).toThrow(
      /shop were not fitted/,
    );
  });
});
