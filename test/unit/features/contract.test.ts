import { describe, expect, it } from 'vitest';
import { compileContract } from '../../../shared/features/compile.ts';
import { fitContract, parseContract, parseDefinition } from '../../../shared/features/contract.ts';
import { everyOperation } from './every-operation.ts';

const definition = parseDefinition(everyOperation);
const checker = compileContract(definition);

function rowsWith(shops: readonly (string | null)[], by = checker) {
  return shops.map((shop) => {
    const result = by.check({ owner: 'o', at: '2025-08-11', amount: 1, shop }, '');
    if (!result.ok) throw new Error(JSON.stringify(result.problems));
    return result.row;
  });
}

function frequencyOnly(limit: number) {
  const features = [{ op: 'frequency', column: 'shop', limit }];
  return parseDefinition({ ...everyOperation, features });
}

describe('a contract', () => {
  it('survives a trip through JSON', () => {
    const contract = fitContract(definition, rowsWith(['s1', '__proto__', 's1', null]));
    expect(contract.fitted.frequencies).toEqual([
      {
        column: 'shop',
        rows: 3,
        shares: [
          ['s1', 2 / 3],
          ['__proto__', 1 / 3],
        ],
      },
    ]);
    expect(parseContract(JSON.parse(JSON.stringify(contract)))).toEqual(contract);
  });

  it('holds the most frequent values only, ties in the order of their texts, whatever the order of the rows', () => {
    const shops = ['d', 'c', 'b', 'a', 'c'];
    const contract = fitContract(frequencyOnly(3), rowsWith(shops));
    expect(contract.fitted.frequencies[0]?.shares).toEqual([
      ['c', 0.4],
      ['a', 0.2],
      ['b', 0.2],
    ]);
    expect(fitContract(frequencyOnly(3), rowsWith(shops.toReversed()))).toEqual(contract);
  });

  it('can be fitted on rows that have no value at all', () => {
    const compiled = compileContract(fitContract(frequencyOnly(3), rowsWith([null])));
    const out = new Float32Array(2);
    compiled.write(rowsWith([null])[0] ?? [], out, 0);
    compiled.write(rowsWith(['s1'])[0] ?? [], out, 1);
    expect([...out]).toEqual([Number.NaN, 0]);
  });

  it('is refused where its vector is not the one that this code writes', () => {
    const contract = fitContract(definition, []);
    const renamed = { ...contract, featureNames: contract.featureNames.toReversed() };
    expect(() => parseContract(renamed)).toThrow('/featureNames: are not those that the features make');
  });

  it('is refused where a fitted table is missing', () => {
    const contract = fitContract(definition, []);
    expect(() => parseContract({ ...contract, fitted: { frequencies: [] } })).toThrow(
      '/features/10: has no fitted frequencies',
    );
  });

  it('is refused where its format is another one, or its features do not fit its columns', () => {
    const contract = fitContract(definition, []);
    expect(() => parseContract({ ...contract, formatVersion: 2 })).toThrow('/formatVersion');
    expect(() => parseContract({ ...contract, columns: contract.columns.slice(5) })).toThrow(
      '"amount" is not a declared column',
    );
    expect(() => parseContract(null)).toThrow('the contract is not valid');
  });
});
