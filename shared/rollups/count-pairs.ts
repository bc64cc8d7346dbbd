import { scoreBucket } from '../promotion/score-buckets.ts';
import { type AccountList, AccountTally } from './account-list.ts';
import { add } from './count-requests.ts';
import { minuteOf, OUTCOMES, type PairsKey, type PairsRow } from './minute-row.ts';
import type { Countable } from './ports.ts';
import { advance } from './position.ts';

type CountableShadow = Extract<Countable, { readonly kind: 'shadow' }>;
type Side = CountableShadow['data']['champion'];
type Outcome = (typeof OUTCOMES)[number];

/** The most accounts of each of a row's six lists: 33 KB together. */
export const MAX_DISCORDANT_ACCOUNTS = 1_000;

/** The row that counts a pair: that of the candidate. */
export function pairsKey(partition: string, { time, data }: CountableShadow): PairsKey {
  const { model, promotionId, step, candidate } = data;
  return {
    kind: 'pairs',
    model,
    version: candidate.version,
    promotionId,
    step,
    partition,
    minute: minuteOf(time),
  };
}

/** The row with those of the events that it has not counted; undefined where it has all of them. */
export function countPairs(row: PairsRow, events: readonly Countable[]): PairsRow | undefined {
  let { position, replayed } = row;
  const served = { ...row.served };
  const table = [...row.table];
  const scores = { champion: { ...row.scores.champion }, candidate: { ...row.scores.candidate } };
  const errors = new Discordance(row.accounts.errors);
  const flagged = new Discordance(row.accounts.flagged);
  const blocked = new Discordance(row.accounts.blocked);
  for (const event of events) {
    const next = event.kind === 'shadow' ? advance(position, event) : undefined;
    if (event.kind !== 'shadow' || next === undefined) continue;
    position = next;
    if (event.data.replayed === true) {
      replayed += 1;
      continue;
    }
    const { champion, candidate, served: server } = event.data;
    const [left, right] = [outcomeOf(champion), outcomeOf(candidate)];
    const hash = event.data.accountHash;
    served[server] += 1;
    const cell = OUTCOMES.indexOf(left) * OUTCOMES.length + OUTCOMES.indexOf(right);
    table[cell] = (table[cell] ?? 0) + 1;
    errors.add(left === 'error', right === 'error', hash);
    if (left === 'error' || right === 'error') continue;
    add(scores.champion, scoreBucket(champion.score ?? 0));
    add(scores.candidate, scoreBucket(candidate.score ?? 0));
    flagged.add(left !== 'approve', right !== 'approve', hash);
    blocked.add(left === 'block', right === 'block', hash);
  }
  if (position === row.position) return undefined;
  const accounts = { errors: errors.lists(), flagged: flagged.lists(), blocked: blocked.lists() };
  return { ...row, position, replayed, served, table, scores, accounts };
}

/** A side without an answer has failed, whether or not it says so. */
function outcomeOf({ score, decision, error }: Side): Outcome {
  return error !== undefined || score === undefined || decision === undefined ? 'error' : decision;
}

/** The accounts of rows on which one version showed something and the other did not. */
class Discordance {
  readonly #candidateOnly: AccountTally;
  readonly #championOnly: AccountTally;

  constructor(before: { readonly candidateOnly: AccountList; readonly championOnly: AccountList }) {
    this.#candidateOnly = new AccountTally(before.candidateOnly, MAX_DISCORDANT_ACCOUNTS);
    this.#championOnly = new AccountTally(before.championOnly, MAX_DISCORDANT_ACCOUNTS);
  }

  add(champion: boolean, candidate: boolean, hash: number | undefined): void {
    if (candidate && !champion) this.#candidateOnly.add(hash);
    if (champion && !candidate) this.#championOnly.add(hash);
  }

  lists(): { readonly candidateOnly: AccountList; readonly championOnly: AccountList } {
    return { candidateOnly: this.#candidateOnly.list(), championOnly: this.#championOnly.list() };
  }
}
