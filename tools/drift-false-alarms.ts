import type { ColumnEvidence } from '../shared/drift/column-evidence.ts';
import { DRIFT_POLICIES, type DriftPolicyName } from '../shared/drift/drift-settings.ts';
import { mergeHistograms, type WindowHistogram } from '../shared/drift/histogram.ts';
import { againstTheOthers } from '../shared/drift/seasonal-reference.ts';
import { SEASONAL_DAYS, seasonalFloors } from '../shared/drift/seasonal-floors.ts';
import { createRandom, type Random, seedOf } from '../shared/training/random.ts';
import type { SimulatedColumn } from './drift-population.ts';
import { ask, evidenceOf, type Says, simulatedBaseline, simulatedWindow } from './drift-windows.ts';
import { normal } from './simulated-evidence.ts';

export interface FalseAlarms {
  readonly days: number;
  /** Days on which a policy says drifted, and on which it raises the alarm. */
  readonly drifted: Readonly<Record<DriftPolicyName, number>>;
  readonly alarms: Readonly<Record<DriftPolicyName, number>>;
}

/** Days against one baseline, after which another one is drawn: an unlucky one would be in every figure. */
const DAYS_PER_BASELINE = 50;
const WEEK = 7;
const WEEKEND = [5, 6];
const WEEKEND_FACTOR = 1.08;
const DAY_NOISE = 0.02;

/** Days that come from the baseline's own population. */
export function unchangedDays(days: number, rows: number, seed: number, tick: () => void): FalseAlarms {
  const tally = new Tally();
  for (let first = 0; first < days; first += DAYS_PER_BASELINE) {
    const random = createRandom(seedOf(seed, first));
    const { spec, reference } = simulatedBaseline(rows, random);
    let previous: Partial<Says> = {};
    for (let day = first; day < Math.min(days, first + DAYS_PER_BASELINE); day += 1) {
      const current = simulatedWindow(spec, rows, random, () => 1);
      previous = tally.count(ask(evidenceOf(spec, reference, current), previous));
      tick();
    }
  }
  return tally.result();
}

/**
 * Days that differ by themselves: more at weekends, and each column by a little noise of its own every day.
 * @param reference whether they are held against the baseline, or against the same weekday of the four weeks before with
 *   the floors of days that differ by themselves
 */
export function weekdayPattern(
  days: number,
  rows: number,
  seed: number,
  reference: 'baseline' | 'same weekday',
  tick: () => void,
): FalseAlarms {
  const random = createRandom(seedOf(seed, 1_000_000));
  const baseline = simulatedBaseline(rows, random);
  const { spec } = baseline;
  const compare = (before: WindowHistogram, after: WindowHistogram) => evidenceOf(spec, before, after);
  const tally = new Tally();
  const history: WindowHistogram[] = [];
  const ownDays = new Map<number, (readonly ColumnEvidence[])[]>();
  let previous: Partial<Says> = {};
  for (let day = 0; day < SEASONAL_DAYS + days; day += 1) {
    const current = simulatedWindow(spec, rows, random, dayFactor(random, day % WEEK));
    if (day >= SEASONAL_DAYS) {
      const same = history.filter((_, index) => index % WEEK === 0);
      const [against, floors] =
        reference === 'baseline'
          ? [baseline.reference, undefined]
          : [same.reduce(mergeHistograms), seasonalFloors([...ownDays.values()].flat())];
      previous = tally.count(ask(evidenceOf(spec, against, current), previous, floors));
      history.shift();
      tick();
    }
    history.push(current);
    if (reference === 'same weekday') {
      const own = history.filter((_, index) => (history.length - 1 - index) % WEEK === 0);
      ownDays.set(day % WEEK, againstTheOthers(own, compare));
    }
  }
  return tally.result();
}

function dayFactor(random: Random, weekday: number): (column: SimulatedColumn) => number {
  const usual = WEEKEND.includes(weekday) ? WEEKEND_FACTOR : 1;
  return () => usual * Math.exp(DAY_NOISE * normal(random));
}

class Tally {
  #days = 0;
  readonly #drifted = { tollgate: 0, evidently: 0, ks: 0 };
  readonly #alarms = { tollgate: 0, evidently: 0, ks: 0 };

  count(says: Says): Says {
    this.#days += 1;
    for (const policy of DRIFT_POLICIES) {
      if (says[policy].drifted) this.#drifted[policy] += 1;
      if (says[policy].alarm) this.#alarms[policy] += 1;
    }
    return says;
  }

  result(): FalseAlarms {
    return { days: this.#days, drifted: this.#drifted, alarms: this.#alarms };
  }
}
