import { describe, expect, it } from 'vitest';
import { parseDefinition } from '../../../shared/features/contract.ts';
import { Failure } from '../../../shared/failure.ts';

const valid = {
  model: 'm',
  title: 'M',
  description: '',
  columns: [
    { name: 'n', type: 'number', min: 0 },
    { name: 'signed', type: 'number' },
    { name: 'c', type: 'category', categories: ['a', 'b'] },
    { name: 's', type: 'string' },
    { name: 't', type: 'timestamp', role: 'eventTime' },
    { name: 'b', type: 'boolean', required: true },
    { name: 'i', type: 'string', role: 'id' },
    { name: 'e', type: 'string', role: 'entity' },
    { name: 'late', type: 'number', ignored: 'known afterwards' },
    { name: 'y', type: 'number', role: 'label' },
  ],
  features: [{ op: 'passthrough', column: 'n' }],
  policy: { review: 0.1, block: 0.5 },
};

function problemsOf(definition: unknown) {
  try {
    parseDefinition(definition);
    return [];
  } catch (error) {
    if (error instanceof Failure) return error.problems.map(({ path, message }) => `${path} ${message}`);
    throw error;
  }
}

function withColumn(column: object) {
  return problemsOf({ ...valid, columns: [...valid.columns, column] });
}

function withFeature(feature: object) {
  return problemsOf({ ...valid, features: [...valid.features, feature] });
}

describe('a model definition', () => {
  it('is accepted when everything fits', () => {
    expect(problemsOf(valid)).toEqual([]);
  });

  it('names columns of costs and gates that are of another type or not there', () => {
    const costs = { loss: 'c' };
    const trainingGates = { segmentGap: { columns: ['c', 'n', 'gone'] }, calibration: null };
    expect(problemsOf({ ...valid, costs, trainingGates })).toEqual([
      '/costs/loss is not a number column',
      '/trainingGates/segmentGap/columns/1 is not a category column',
      '/trainingGates/segmentGap/columns/2 is not a category column',
    ]);
    expect(problemsOf({ ...valid, costs: { loss: 'n' }, labelling: { maturity: '30d' } })).toEqual([]);
  });

  it.each([
    [{ name: 'n', type: 'number' }, '/columns/10/name "n" is declared twice'],
    [{ name: 'i2', type: 'string', role: 'id' }, '/columns/10/role another column has the role id already'],
    [{ name: 'x', type: 'number', min: 2, max: 1 }, '/columns/10/min must not be above max'],
    [{ name: 'x', type: 'string', min: 2 }, '/columns/10/min is not for a column of type string'],
    [
      { name: 'x', type: 'number', categories: ['a'] },
      '/columns/10/categories is not for a column of type number',
    ],
    [
      { name: 'x', type: 'category', categories: ['a', 'a'] },
      '/columns/10/categories/1 "a" is declared twice',
    ],
    [{ name: 'x', type: 'number', default: 'a' }, '/columns/10/default must be a number'],
    [
      { name: 'x', type: 'number', default: 9, max: 8 },
      '/columns/10/default is outside of the column’s range',
    ],
    [
      { name: 'x', type: 'number', default: 0.5, integer: true },
      '/columns/10/default must be a whole number',
    ],
    [
      { name: 'x', type: 'category', default: 'z', categories: ['a'] },
      '/columns/10/default is not among the categories',
    ],
    [
      { name: 'x', type: 'timestamp', default: 1 },
      '/columns/10/default is not for a column of type timestamp',
    ],
    [{ name: 'x', type: 'number', default: 1, required: true }, '/columns/10/default contradicts required'],
    [
      { name: 'x', type: 'number', derive: { from: 'n', part: 'hour' } },
      '/columns/10/derive/from "n" is not a timestamp column',
    ],
    [
      { name: 'x', type: 'number', ignored: 'no', required: true },
      '/columns/10/ignored an ignored column has no role, is not required and has no value of its own',
    ],
    [
      { name: 'x', type: 'number', labels: { positive: '1', negative: '0' } },
      '/columns/10/labels is only for',
    ],
  ])('refuses the column %j', (column, problem) => {
    expect(withColumn(column)).toContainEqual(expect.stringContaining(problem));
  });

  it.each(['__proto__', 'constructor', 'toString', '', '1st', 'a/b', 'x'.repeat(65)])(
    'refuses a column named %j',
    (name) => {
      expect(withColumn({ name, type: 'number' })).toContainEqual(
        expect.stringMatching(/^\/columns\/10\/name /),
      );
    },
  );

  it.each([
    [{ type: 'category', role: 'label' }, '/columns/0 needs labels'],
    [{ type: 'timestamp', role: 'label' }, '/columns/0/type must be number or boolean or category or string'],
    [{ type: 'number', role: 'label', required: true }, '/columns/0/role a label is never required'],
    [
      { type: 'string', role: 'label', labels: { positive: 'a', negative: 'a' } },
      '/columns/0/labels/negative must differ',
    ],
    [{ type: 'number', role: 'entity' }, '/columns/0/type must be string or category for the role entity'],
    [{ type: 'string', role: 'eventTime' }, '/columns/0/type must be timestamp for the role eventTime'],
  ])('refuses the role of %j', (column, problem) => {
    const columns = [
      { name: 'x', ...column },
      { name: 'n', type: 'number' },
    ];
    expect(problemsOf({ ...valid, columns })).toContainEqual(expect.stringContaining(problem));
  });

  it.each([
    [{ op: 'passthrough', column: 'nope' }, '/features/1/column "nope" is not a declared column'],
    [
      { op: 'passthrough', column: 'n' },
      '/features/1 makes a second feature named "n": give it another name',
    ],
    [
      { op: 'passthrough', column: 's' },
      '/features/1/column passthrough takes a column of type number or boolean',
    ],
    [{ op: 'passthrough', column: 'y' }, '/features/1/column "y" is the label and can\'t be a feature'],
    [{ op: 'frequency', column: 'i' }, '/features/1/column "i" identifies a row or its owner (role id)'],
    [{ op: 'is-missing', column: 'e' }, '/features/1/column "e" identifies a row or its owner (role entity)'],
    [{ op: 'passthrough', column: 'late' }, '/features/1/column "late" is ignored: known afterwards'],
    [{ op: 'log1p', column: 'signed' }, '/features/1/column "signed" needs a min of at least 0'],
    [
      { op: 'ratio', numerator: 'n', denominator: 'c' },
      '/features/1/denominator ratio takes a column of type number',
    ],
    [{ op: 'one-hot', column: 's' }, '/features/1/column one-hot takes a column of type category'],
    [{ op: 'one-hot', column: 'i' }, '/features/1/column "i" identifies a row'],
    [{ op: 'cyclic', column: 'n' }, '/features/1 a number needs period and no part'],
    [{ op: 'cyclic', column: 't', period: 24 }, '/features/1 a timestamp needs part and no period'],
    [{ op: 'is-missing', column: 'b' }, '/features/1/column "b" is never missing'],
    [{ op: 'within', column: 'n', from: 2, to: 1 }, '/features/1/from must not be above to'],
    [
      { op: 'compare', left: 'n', right: 't', relation: 'equal' },
      '/features/1/right "t" is of type timestamp',
    ],
    [
      { op: 'compare', left: 'c', right: 'c', relation: 'less' },
      '/features/1/relation a column of type category',
    ],
    [{ op: 'difference', left: 'n', right: 't' }, '/features/1/right "t" is of type timestamp'],
    [
      { op: 'mapped-match', key: 'n', column: 'c', table: { a: ['b'] } },
      '/features/1/key mapped-match takes',
    ],
    [{ op: 'median', column: 'n' }, '/features/1/op '],
    [{ op: 'log1p', column: 'n', base: 2 }, '/features/1 '],
  ])('refuses the feature %j', (feature, problem) => {
    expect(withFeature(feature)).toContainEqual(expect.stringContaining(problem));
  });

  it('refuses a one-hot without categories or of more than 64', () => {
    const categories = Array.from({ length: 65 }, (_, i) => `c${i}`);
    const columns = [
      { name: 'open', type: 'category' },
      { name: 'many', type: 'category', categories },
      { name: 'just', type: 'category', categories: categories.slice(1) },
    ];
    const features = columns.map(({ name }) => ({ op: 'one-hot', column: name }));
    expect(problemsOf({ ...valid, columns, features })).toEqual([
      '/features/0/column "open" declares no categories',
      '/features/1/column "many" has 65 categories, a one-hot takes at most 64',
    ]);
  });

  it.each([
    [{ review: 0.6, block: 0.5 }, '/policy/review must not be above block'],
    [{ review: 0, block: 0.5 }, '/policy/review '],
    [{ review: 0.1, block: 1.1 }, '/policy/block '],
  ])('refuses the policy %j', (policy, problem) => {
    expect(problemsOf({ ...valid, policy })).toContainEqual(expect.stringContaining(problem));
  });

  it.each([undefined, null, 1, 'model', [], {}])('refuses %j without any other exception', (value) => {
    expect(problemsOf(value)).not.toEqual([]);
  });

  it('refuses what it does not know, wherever it is', () => {
    expect(problemsOf({ ...valid, extra: 1 })).toHaveLength(1);
    expect(withColumn({ name: 'x', type: 'number', minimum: 1 })).toHaveLength(1);
  });

  it('lists every problem at once', () => {
    const columns = [...valid.columns, { name: 'x', type: 'string', min: 1, integer: true }];
    const features = [
      { op: 'passthrough', column: 'gone' },
      { op: 'one-hot', column: 's' },
    ];
    expect(problemsOf({ ...valid, columns, features }).map((problem) => problem.split(' ')[0])).toEqual([
      '/columns/10/min',
      '/columns/10/integer',
      '/features/0/column',
      '/features/1/column',
    ]);
  });
});
