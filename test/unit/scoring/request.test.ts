import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Failure } from '../../../shared/failure.ts';
import { parseFeaturesRequest, parseScoreRequest } from '../../../shared/scoring/request.ts';

describe('parseScoreRequest', () => {
  it('finds one transaction or many, with the paths of their problems', () => {
    expect(parseScoreRequest({ transaction: { a: 1 } })).toEqual({
      many: false,
      rows: [{ row: { a: 1 }, path: '/transaction' }],
    });
    expect(parseScoreRequest({ transactions: [{ a: 1 }, 7] })).toEqual({
      many: true,
      rows: [
        { row: { a: 1 }, path: '/transactions/0' },
        { row: 7, path: '/transactions/1' },
      ],
    });
  });

  it.each([
    [{}, ''],
    [{ transaction: {}, transactions: [{}] }, ''],
    [{ transactions: [] }, '/transactions'],
    [{ transactions: {} }, '/transactions'],
    [{ transaction: {}, 'a/b~c': 1 }, '/a~1b~0c'],
    [{ transaction: {}, explain: true }, '/explain'],
    [[], ''],
    [null, ''],
    ['text', ''],
  ])('refuses %j, naming the place', (body, path) => {
    expect(() => parseScoreRequest(body)).toThrow(
      expect.objectContaining({ kind: 'invalid', problems: [expect.objectContaining({ path })] }),
    );
  });

  it('refuses 1,001 transactions as too large', () => {
    const transactions = Array.from({ length: 1_001 }, () => ({}));
    expect(() => parseScoreRequest({ transactions })).toThrow(expect.objectContaining({ kind: 'too-large' }));
    expect(parseScoreRequest({ transactions: transactions.slice(1) }).rows).toHaveLength(1_000);
  });

  it('answers any JSON with rows or a Failure', () => {
    fc.assert(
      fc.property(fc.oneof(fc.jsonValue(), fc.record({ transaction: fc.jsonValue() })), (body) => {
        for (const parse of [parseScoreRequest, parseFeaturesRequest]) {
          try {
            parse(body);
          } catch (error) {
            expect(error).toBeInstanceOf(Failure);
          }
        }
      }),
    );
  });

  it('does not take inherited members for its own', () => {
    expect(() => parseScoreRequest(JSON.parse('{"__proto__": {"transaction": {}}}'))).toThrow(Failure);
    expect(({} as Record<string, unknown>)['transaction']).toBeUndefined();
  });
});
