import { z } from 'zod';

/**
 * Accounts of a phase that were counted already, by their 32-bit assignment hashes, ascending. Where a few accounts
 * cause most failures, their requests are not independent, and counting them all would fail equal candidates in a
 * quarter of the promotions; counting an account's first failure alone does not.
 */
export const seenAccountsSchema = z.array(z.int().nonnegative());
export type SeenAccounts = readonly number[];

/** The most hashes that are remembered for one event in one phase; a promotion's record has to stay small. */
export const MAX_SEEN_ACCOUNTS = 20_000;

/** One minute row's accounts that showed an event. */
export interface RowAccounts {
  /** Distinct 32-bit assignment hashes, as many as the row has room for. */
  readonly hashes: readonly number[];
  /** Events of accounts that the row had no room for: each is counted. */
  readonly others: number;
}

/**
 * Accounts that are known when the canary gets all the traffic: those that failed in either arm of the last shared
 * step. Their failures are in the rate that the canary is held to, and all of them would count again at once.
 */
export function knownAlone(champion: SeenAccounts, canary: SeenAccounts): SeenAccounts {
  return firstOnes(champion, [{ hashes: canary, others: 0 }]).seen;
}

/** How many events count: the first one of each account that was not seen in this phase. */
export function firstOnes(
  seen: SeenAccounts,
  rows: readonly RowAccounts[],
): { readonly count: number; readonly seen: SeenAccounts } {
  const known = new Set(seen);
  let count = 0;
  for (const { hashes, others } of rows) {
    count += others;
    for (const hash of hashes) {
      if (known.has(hash)) continue;
      count += 1;
      if (known.size < MAX_SEEN_ACCOUNTS) known.add(hash);
    }
  }
  return { count, seen: known.size === seen.length ? seen : [...known].sort((left, right) => left - right) };
}
