import { describe, expect, it } from 'vitest';
import { GroupCommit } from '../../../../../local/durable/store/group-commit.ts';

/** A list that is written by transactions: what a failed one has added is gone. */
function listWithTransactions() {
  const written: string[] = [];
  let transactions = 0;
  const together = (work: () => void): void => {
    transactions += 1;
    const before = written.length;
    try {
      work();
    } catch (error) {
      written.length = before;
      throw error;
    }
  };
  return { written, together, transactions: () => transactions };
}

describe('a group commit', () => {
  it('makes one transaction of what comes at a time, in its order, and answers each', async () => {
    const { written, together, transactions } = listWithTransactions();
    const commits = new GroupCommit(together);
    const answers = await Promise.all(
      ['a', 'b', 'c'].map((name) => commits.run(() => `${name}${String(written.push(name))}`)),
    );
    expect(answers).toEqual(['a1', 'b2', 'c3']);
    expect(written).toEqual(['a', 'b', 'c']);
    expect(transactions()).toBe(1);
  });

  it('makes another one of what comes later', async () => {
    const { written, together, transactions } = listWithTransactions();
    const commits = new GroupCommit(together);
    await commits.run(() => written.push('a'));
    await commits.run(() => written.push('b'));
    expect(transactions()).toBe(2);
  });

  it('answers nobody before the transaction has ended', async () => {
    const order: string[] = [];
    const commits = new GroupCommit((work) => {
      work();
      order.push('committed');
    });
    await Promise.all(
      [1, 2].map(async (number) => order.push(`answered ${String(await commits.run(() => number))}`)),
    );
    expect(order).toEqual(['committed', 'answered 1', 'answered 2']);
  });

  it('rejects only what fails, and writes the others', async () => {
    const { written, together } = listWithTransactions();
    const commits = new GroupCommit(together);
    const results = await Promise.allSettled([
      commits.run(() => written.push('a')),
      commits.run(() => {
        written.push('half');
        throw new Error('no');
      }),
      commits.run(() => written.push('b')),
    ]);
    expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    expect(written).toEqual(['a', 'b']);
  });
});
