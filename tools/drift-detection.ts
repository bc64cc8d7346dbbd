import type { ColumnEvidence } from '../shared/drift/column-evidence.ts';
import { DRIFT_POLICIES, type DriftPolicyName } from '../shared/drift/drift-settings.ts';
import { createRandom, type Random, seedOf } from '../shared/training/random.ts';
import {
  amountName,
  baselineOf,
  categoryName,
  countRows,
  POPULATION,
  scoreOf,
  type SimulatedColumn,
} from './drift-population.ts';
import { ask, evidenceOf, type Says, simulatedBaseline, simulatedWindow, windowOf } from './drift-windows.ts';

/** A drift in one column, and the column before it. */
export interface Situation {
  readonly name: string;
  readonly before: SimulatedColumn;
  readonly after: SimulatedColumn['draw'];
}

export interface Detection {
  readonly name: string;
  readonly runs: number;
  /** Runs in which the first window, or one of two, calls the column drifted. */
  readonly first: Readonly<Record<DriftPolicyName, number>>;
  readonly found: Readonly<Record<DriftPolicyName, number>>;
  /** Runs in which the second window has raised the alarm for the column. */
  readonly alarms: Readonly<Record<DriftPolicyName, number>>;
}

/** A score from which on a row counts as flagged. */
const FLAGGED = 0.2;
const RATE = 0.01;

export const SITUATIONS: readonly Situation[] = [
  ...[0.7, 1, 1.2, 1.5].map((deviation): Situation => {
    const before = columnOf(amountName(deviation));
    return {
      name: `amount × 1.1, log sd ${deviation}`,
      before,
      after: (random) => before.draw(random, 1.1),
    };
  }),
  ...[0.0075, 0.01].map((share): Situation => {
    const before = columnOf(categoryName(10));
    return {
      name: `new country, ${share * 100} % of the rows`,
      before,
      after: (random) => (random() < share ? 'new' : before.draw(random, 1)),
    };
  }),
  { name: 'all zeros', before: columnOf(amountName(1)), after: () => 0 },
  { name: 'all zeros, 60 % were', before: columnOf('mostly zero'), after: () => 0 },
  { name: 'all missing, 5 % were', before: columnOf('often missing'), after: () => Number.NaN },
  { name: 'positive labels 1 → 2 %', before: columnOf('label'), after: (random) => drawFlag(random, 0.02) },
  ...[0.9, 0.93, 0.97].map((auc): Situation => ({
    name: `flagged share, positives 1 → 2 %, AUC ${auc}`,
    before: { ...columnOf('flagged'), draw: (random) => flagged(random, RATE, auc) },
    after: (random) => flagged(random, 2 * RATE, auc),
  })),
  ...[0.9, 0.97].map((auc): Situation => ({
    name: `scores, positives 1 → 2 %, AUC ${auc}`,
    before: { ...columnOf('score'), draw: (random) => scoreOf(random, RATE, auc) },
    after: (random) => scoreOf(random, 2 * RATE, auc),
  })),
];

/** Puts each drift among unchanged columns, against baselines of their own, for two windows. */
export function detections(runs: number, rows: number, seed: number, tick: () => void): Detection[] {
  const tallies = SITUATIONS.map(() => [count(), count(), count()] as const);
  for (let run = 0; run < runs; run += 1) {
    const random = createRandom(seedOf(seed, 2_000_000 + run));
    const { spec, reference } = simulatedBaseline(rows, random);
    const days = [0, 1].map(() =>
      evidenceOf(
        spec,
        reference,
        simulatedWindow(spec, rows, random, () => 1),
      ),
    );
    for (const [index, situation] of SITUATIONS.entries()) {
      const [first, found, alarms] = tallies[index]!;
      const drifting = driftingOf(situation, rows, random);
      const says: Says[] = [];
      for (const day of days) {
        const columns = day.map((column) =>
          column.column === situation.before.column ? drifting() : column,
        );
        says.push(ask(columns, says.at(-1) ?? {}));
      }
      for (const policy of DRIFT_POLICIES) {
        const own = says.map((one) =>
          one[policy].columns.find(({ evidence }) => evidence.column === situation.before.column),
        );
        if (own[0]?.verdict.drifted === true) first[policy] += 1;
        if (own.some((column) => column?.verdict.drifted)) found[policy] += 1;
        if (own.some((column) => column?.alarm)) alarms[policy] += 1;
      }
    }
    tick();
  }
  return SITUATIONS.map(({ name }, index) => {
    const [first, found, alarms] = tallies[index]!;
    return { name, runs, first, found, alarms };
  });
}

/** The evidence of one more window of a column that has drifted. */
function driftingOf({ before, after }: Situation, rows: number, random: Random): () => ColumnEvidence {
  const { spec, counts } = baselineOf(before, rows, random);
  const reference = windowOf(rows, [counts]);
  return () => {
    const current = windowOf(rows, [countRows(spec, rows, () => after(random, 1))]);
    return evidenceOf([spec], reference, current)[0]!;
  };
}

function count(): Record<DriftPolicyName, number> {
  return { tollgate: 0, evidently: 0, ks: 0 };
}

function columnOf(name: string): SimulatedColumn {
  const found = POPULATION.find(({ column }) => column === name);
  if (found === undefined) throw new RangeError(`The population has no column '${name}'`);
  return found;
}

function flagged(random: Random, rate: number, auc: number): number {
  return scoreOf(random, rate, auc) >= FLAGGED ? 1 : 0;
}

function drawFlag(random: Random, rate: number): number {
  return random() < rate ? 1 : 0;
}
