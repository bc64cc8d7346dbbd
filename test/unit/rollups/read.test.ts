import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type MinuteRow,
  type PairSums,
  pairSumsSchema,
  type RequestSums,
  requestSumsSchema,
} from '../../../shared/rollups/minute-row.ts';
import { mergePairSums, mergeRequests, sumByVersion } from '../../../shared/rollups/read.ts';
import { Collected, type Happened, happened } from './happened.ts';

describe('sums of rows', () => {
  const rowsOf = async (all: readonly Happened[]): Promise<MinuteRow[]> => {
    const collected = new Collected(all);
    await collected.until(Infinity);
    return collected.rows.all();
  };

  it('are the same in any order and grouping', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(happened, { minLength: 3, maxLength: 40 }), fc.nat(), async (all, at) => {
        const rows = await rowsOf(all);
        const check = <T>(sums: readonly T[], merge: (left: T, right: T) => T) => {
          const [a, b, c] = [sums.at(0), sums.at(at % (sums.length + 1)), sums.at(-1)];
          if (a === undefined || b === undefined || c === undefined) return;
          expect(merge(merge(a, b), c)).toEqual(merge(a, merge(b, c)));
          expect(merge(a, b)).toEqual(merge(b, a));
        };
        check<RequestSums>(
          rows.filter((row) => row.kind === 'requests').map((row) => requestSumsSchema.parse(row)),
          mergeRequests,
        );
        check<PairSums>(
          rows.filter((row) => row.kind === 'pairs').map((row) => pairSumsSchema.parse(row)),
          mergePairSums,
        );
      }),
      { numRuns: 100 },
    );
  });

  it('tell versions and roles apart', async () => {
    const at = { second: 5, partition: 0, account: 1, after: 0 };
    const rows = await rowsOf([
      { ...at, what: 'ok' },
      { ...at, what: 'ok', partition: 1, second: 65 },
      { ...at, what: 'pinned' },
      { ...at, what: 'fallback' },
      { ...at, what: 'pair' },
    ]);
    expect(sumByVersion(rows)).toMatchObject([
      { version: '3', variant: 'champion', sums: { counts: { ok: 2, pinnedError: 1 } } },
      { version: '4', variant: 'canary', sums: { counts: { fallback: 1 } } },
    ]);
  });
});
