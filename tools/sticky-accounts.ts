import { type Block, EMPTY_BLOCK } from '../shared/promotion/evidence.ts';
import { firstOnes, knownAlone, type SeenAccounts } from '../shared/promotion/first-per-account.ts';
import type { Random } from '../shared/training/random.ts';

export interface Accounts {
  readonly count: number;
  /** Every hundredth account fails at this rate. */
  readonly badRate: number;
  /** The others fail at this one. */
  readonly goodRate: number;
}

/** Which arm an account is in: fixed, as by the hash that assigns it. */
type Arm = 'champion' | 'canary';

/** Traffic of accounts that keep to their arm and fail at rates of their own. */
export class StickyTraffic {
  readonly #accounts: Accounts;
  readonly #random: Random;
  readonly #canaryShare: number;
  readonly #canaryFault: number;
  readonly #seen: Record<Arm, SeenAccounts>;
  /** Accounts' order: which are bad, and which are in the canary, are drawn anew for each promotion. */
  readonly #bad: readonly boolean[];
  readonly #order: readonly number[];

  /**
   * @param canaryFault the share of the canary's requests that fail besides, whoever's they are
   * @param before traffic of the step before, of the same accounts
   */
  constructor(
    random: Random,
    accounts: Accounts,
    canaryShare: number,
    canaryFault = 0,
    before?: StickyTraffic,
    seen: Record<Arm, SeenAccounts> = { champion: [], canary: [] },
  ) {
    this.#random = random;
    this.#accounts = accounts;
    this.#canaryShare = canaryShare;
    this.#canaryFault = canaryFault;
    this.#seen = seen;
    this.#bad = before ? before.#bad : Array.from({ length: accounts.count }, () => random() < 0.01);
    this.#order = before ? before.#order : Array.from({ length: accounts.count }, () => random());
  }

  /** Accounts of both arms that failed so far. */
  get failed(): SeenAccounts {
    return knownAlone(this.#seen.champion, this.#seen.canary);
  }

  /** A look's requests. @param everyFailure counts all failures, not the first of each account alone */
  block(requests: number, everyFailure = false): Block {
    const arms = { champion: { n: 0, hashes: [] as number[] }, canary: { n: 0, hashes: [] as number[] } };
    for (let request = 0; request < requests; request += 1) {
      const account = Math.floor(this.#random() * this.#accounts.count);
      const arm = (this.#order[account] ?? 0) < this.#canaryShare ? 'canary' : 'champion';
      arms[arm].n += 1;
      const rate = this.#bad[account] ? this.#accounts.badRate : this.#accounts.goodRate;
      if (this.#random() < rate + (arm === 'canary' ? this.#canaryFault : 0)) arms[arm].hashes.push(account);
    }
    const counted = (arm: Arm): Block['champion'] => {
      const { count, seen } = firstOnes(this.#seen[arm], [{ hashes: arms[arm].hashes, others: 0 }]);
      this.#seen[arm] = seen;
      const failures = everyFailure ? arms[arm].hashes.length : count;
      return { n: arms[arm].n, failures, fallbacks: 0, runTimes: {} };
    };
    return { ...EMPTY_BLOCK, champion: counted('champion'), canary: counted('canary') };
  }
}
