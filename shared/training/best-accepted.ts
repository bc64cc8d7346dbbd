import { type GateResult, type Verdict, verdictOf } from './evaluation/gate-results.ts';
import type { Trial } from './search.ts';

/** A trial, what was made of it, and what the gates say of that. */
export interface JudgedTrial<Made> {
  readonly trial: Trial;
  readonly made: Made;
  readonly verdict: Verdict;
}

/**
 * Makes the versions of a search's last trials, the best first, until the gates refuse one no more: what selects is one
 * metric, and the gates ask for others. An accepted version's reason names the trials that were refused before it.
 * @param trials of the last rung, the best first; at least one
 * @returns the first that is accepted, or else the best as it was refused
 */
export async function bestAccepted<Made extends { readonly gates: readonly GateResult[] }>(
  trials: readonly Trial[],
  make: (trial: Trial) => Promise<Made>,
): Promise<JudgedTrial<Made>> {
  const refused: JudgedTrial<Made>[] = [];
  for (const trial of trials) {
    // In sequence: the next one is made only where this one is refused
    const made = await make(trial);
    const verdict = verdictOf(made.gates);
    if (verdict.state === 'rejected') {
      refused.push({ trial, made, verdict });
      continue;
    }
    const before = refused.map(
      ({ trial: { number, learner }, verdict: { reason } }) =>
        `trial ${number} (${learner}), which the search found better, was refused: ${reason}`,
    );
    const reasons = [...before, ...(verdict.reason === undefined ? [] : [verdict.reason])];
    return {
      trial,
      made,
      verdict: { ...verdict, ...(reasons.length === 0 ? {} : { reason: reasons.join('; ') }) },
    };
  }
  const [best] = refused;
  if (best === undefined) throw new RangeError('There is no trial to make a version of');
  return best;
}
