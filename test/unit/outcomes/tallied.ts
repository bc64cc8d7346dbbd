import { WindowTally } from '../../../shared/outcomes/window-tally.ts';
import { decide } from '../../../shared/scoring/decide.ts';
import { eventOf, idAt } from '../../fixtures/prediction-events.ts';

export const POLICY = { review: 0.3, block: 0.7 };

export interface TalliedRow {
  readonly p: number;
  readonly label?: 0 | 1;
  readonly account?: string | number;
  /** Whether a row without a label counts as negative. */
  readonly assumed?: boolean;
}

/** A window of rows, decided by `POLICY`. */
export function tallied(rows: Iterable<TalliedRow>): WindowTally {
  const tally = new WindowTally('account');
  for (const { p, label, account, assumed = false } of rows) {
    const inputs: Record<string, string | number> = account === undefined ? {} : { account: `${account}` };
    const event = eventOf(idAt(Date.UTC(2026, 2, 1, 10)), 'cards', inputs);
    const data = { ...event.data, score: p, decision: decide(p, POLICY) };
    tally.add({ ...event, data }, label, assumed);
  }
  return tally;
}
