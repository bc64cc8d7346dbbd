import * as fc from 'fast-check';

/** A definition with every column type, role and option, and every operation at least once. */
export const everyOperation = {
  model: 'every-operation',
  title: 'Every operation',
  description: 'Exercises the feature pipeline',
  columns: [
    { name: 'key', type: 'string', role: 'id' },
    { name: 'owner', type: 'string', role: 'entity', required: true },
    { name: 'at', type: 'timestamp', role: 'eventTime', required: true },
    { name: 'before', type: 'timestamp' },
    { name: 'amount', type: 'number', required: true, min: 0 },
    { name: 'usual', type: 'number' },
    { name: 'count', type: 'number', integer: true, min: -5, max: 5, default: 2 },
    { name: 'hour', type: 'number', integer: true, min: 0, max: 23, derive: { from: 'at', part: 'hour' } },
    { name: 'member', type: 'boolean' },
    { name: 'color', type: 'category', categories: ['red', 'green', 'other'] },
    { name: 'shade', type: 'category', categories: ['red', 'dark red'], default: 'red' },
    { name: 'shop', type: 'string' },
    { name: 'later', type: 'number', ignored: 'known only afterwards' },
    { name: 'won', type: 'category', role: 'label', labels: { positive: 'yes', negative: 'no' } },
  ],
  features: [
    { op: 'passthrough', column: 'usual' },
    { op: 'passthrough', column: 'member' },
    { op: 'log1p', column: 'amount' },
    { op: 'ratio', numerator: 'amount', denominator: 'usual' },
    { op: 'cyclic', column: 'hour', period: 24 },
    { op: 'cyclic', column: 'at', part: 'month' },
    { op: 'one-hot', column: 'color', missing: 'bucket' },
    { op: 'one-hot', column: 'shade' },
    { op: 'ordinal', column: 'color' },
    { op: 'is-missing', column: 'before' },
    { op: 'frequency', column: 'shop' },
    { op: 'within', column: 'count', from: -1, to: 1, name: 'few' },
    { op: 'compare', left: 'color', right: 'shade', relation: 'equal' },
    { op: 'compare', left: 'usual', right: 'amount', relation: 'less' },
    { op: 'difference', left: 'at', right: 'before' },
    { op: 'difference', left: 'amount', right: 'usual' },
    {
      op: 'mapped-match',
      key: 'color',
      column: 'shade',
      table: { red: ['red', 'dark red'], green: ['dark red'] },
    },
  ],
  policy: { review: 0.2, block: 0.7 },
};

const time = fc
  .date({ min: new Date('0001-01-02T00:00:00Z'), max: new Date('9999-12-30T00:00:00Z'), noInvalidDate: true })
  .map((date) => date.toISOString());
const edges = ['', 'x'.repeat(256), 'x'.repeat(257), 'a', '__proto__', 'constructor', '1', 'yes'];
const text = fc.oneof(fc.string(), fc.constantFrom(...edges));

/** Values that a column may take, by the column's name. */
const columnValues = {
  key: text,
  owner: fc.string({ minLength: 1, maxLength: 256 }),
  at: time,
  before: time,
  amount: fc.double({ min: 0, noNaN: true, noDefaultInfinity: true }),
  usual: fc.oneof(fc.double({ noNaN: true, noDefaultInfinity: true }), fc.constantFrom(0, -0, 5e-324, 1e308)),
  count: fc.integer({ min: -5, max: 5 }),
  hour: fc.integer({ min: 0, max: 23 }),
  member: fc.boolean(),
  color: fc.constantFrom('red', 'green', 'other', 'blue', '(other)', '__proto__'),
  shade: fc.constantFrom('red', 'dark red', 'toString'),
  shop: fc.constantFrom('s1', 's2', 's3', '__proto__', 'hasOwnProperty'),
  later: fc.jsonValue(),
  won: fc.constantFrom('yes', 'no'),
};

/** Rows as JSON brings them: mostly acceptable, some with values of any kind, unknown columns and hostile keys. */
export const anyRow: fc.Arbitrary<unknown> = fc
  .tuple(
    fc.record(columnValues, { requiredKeys: ['owner', 'at', 'amount'] }),
    fc.dictionary(
      fc.oneof(
        fc.constantFrom(...Object.keys(columnValues), '__proto__', 'constructor', 'a/b~c'),
        fc.string(),
      ),
      fc.jsonValue(),
      { maxKeys: 2 },
    ),
    fc.boolean(),
  )
  .map(([row, noise, noisy]): unknown => JSON.parse(JSON.stringify(noisy ? { ...row, ...noise } : row)));

/** Rows that are accepted: within every column's limits, with nothing unknown. */
export const acceptableRow: fc.Arbitrary<Record<string, unknown>> = fc
  .record({ ...columnValues, key: fc.string({ maxLength: 256 }) }, { requiredKeys: [] })
  .chain((optional) =>
    fc
      .record({ owner: columnValues.owner, at: columnValues.at, amount: columnValues.amount })
      .map((required) => asJson({ ...optional, ...required })),
  );

/** The row after a trip through JSON, which has no -0. */
function asJson(row: object): Record<string, unknown> {
  const parsed: unknown = JSON.parse(JSON.stringify(row));
  if (typeof parsed !== 'object' || parsed === null)
    throw new Error('JSON made an object into something else');
  return { ...parsed };
}
