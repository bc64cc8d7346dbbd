import fc from 'fast-check';
import { numberSpec, textSpec } from '../../../shared/drift/column-bins.ts';
import { PredictionCounter } from '../../../shared/drift/count-predictions.ts';
import type { WindowHistogram } from '../../../shared/drift/histogram.ts';
import type { HistogramSpec } from '../../../shared/drift/histogram-spec.ts';
import { createRandom } from '../../../shared/training/random.ts';

export interface SampleShape {
  readonly seed: number;
  readonly size: number;
  readonly zeros: number;
  /** Steps that values are rounded to; 0 leaves them as they are. */
  readonly step: number;
  readonly spread: number;
  readonly shift: number;
  readonly sign: 1 | -1;
}

/** A sample with atoms, ties and long tails, from few small numbers so that a failing one can be shrunk. */
export const sampleShape: fc.Arbitrary<SampleShape> = fc.record({
  seed: fc.nat(1_000_000),
  size: fc.integer({ min: 1, max: 4_000 }),
  zeros: fc.constantFrom(0, 0, 0.1, 0.6, 1),
  step: fc.constantFrom(0, 0, 0.01, 0.5, 5),
  spread: fc.constantFrom(0.2, 1, 2),
  shift: fc.constantFrom(0, 0, 0.05, 1, -3),
  sign: fc.constantFrom<1 | -1>(1, -1),
});

export function sampleOf({ seed, size, zeros, step, spread, shift, sign }: SampleShape): Float64Array {
  const random = createRandom(seed);
  return Float64Array.from({ length: size }, () => {
    if (random() < zeros) return 0;
    const normal = Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
    const value = sign * Math.exp(spread * normal) + shift;
    return step === 0 ? value : Math.round(value / step) * step;
  });
}

/** A row of the little model that these tests count: one column of each kind. */
export interface Row {
  readonly amount: number | null;
  readonly member: boolean | null;
  readonly country: string | null;
}

/** The spec of such rows, from a reference. */
export function specOf(reference: readonly Row[]): HistogramSpec {
  const countries = new Map<string, number>();
  for (const { country } of reference)
    if (country !== null) countries.set(country, (countries.get(country) ?? 0) + 1);
  const numbers = (values: readonly (number | boolean | null)[]) =>
    Float64Array.from(values, (value) => (value === null ? Number.NaN : Number(value)));
  return [
    numberSpec(
      { column: 'amount', role: 'input', values: 'numbers' },
      numbers(reference.map((row) => row.amount)),
    ),
    numberSpec(
      { column: 'member', role: 'input', values: 'flags' },
      numbers(reference.map((row) => row.member)),
    ),
    textSpec({ column: 'country', role: 'input', values: 'texts' }, countries),
  ];
}

export function countRows(spec: HistogramSpec, rows: readonly Row[]): WindowHistogram {
  const counter = new PredictionCounter(spec);
  for (const row of rows) {
    counter.addRow();
    counter.addInputs({ ...row });
  }
  return counter.taken();
}

const finite = fc.double({ noNaN: true, noDefaultInfinity: true });
export const anyRow: fc.Arbitrary<Row> = fc.record({
  amount: fc.oneof(
    { weight: 4, arbitrary: fc.constantFrom(0, -0, 1, 2, 0.1, 12.5, 1e6) },
    { weight: 4, arbitrary: finite },
    { weight: 1, arbitrary: fc.constantFrom(Infinity, -Infinity, Number.MAX_VALUE, Number.MIN_VALUE) },
    { weight: 1, arbitrary: fc.constant(null) },
  ),
  member: fc.constantFrom(true, false, null),
  country: fc.oneof(fc.constantFrom('CA', 'US', 'DE', '__proto__', null), fc.string({ unit: 'grapheme' })),
});
export const anyRows = fc.array(anyRow, { maxLength: 60 });
