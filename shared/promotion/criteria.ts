import { marginGrid } from './e-process.ts';
import { type Plan, phaseCount } from './plan.ts';

/** What a gate that runs an e-process holds its evidence to. Thresholds are of ln E. */
export interface Criterion {
  readonly margin: number;
  /** Where evidence is kept, the margin among them, ascending. */
  readonly margins: readonly number[];
  readonly place: number;
  readonly logFail: number;
  readonly logPass: number;
}

export interface Criteria {
  readonly errorRate: Criterion;
  readonly decisionRate: Criterion;
  readonly latencyP95: Criterion & { readonly maxRatio: number };
  /** `alpha` is of one phase, over all its looks. */
  readonly scoreShift: { readonly maxPsi: number; readonly alpha: number; readonly beta: number };
  /** At 100 % and after, errors and latency. */
  readonly alone: { readonly logFail: number };
  readonly minRequests: number;
  readonly minEvents: number;
}

/** How often a harmful version may pass one gate. All gates have to pass, so it is not shared among them. */
const BETA = 0.05;
/** How the promotion's alpha is shared. */
const SHARES = { errorRate: 0.3, decisionRate: 0.2, latencyP95: 0.2, scoreShift: 0.2, alone: 0.1 };
const DECISION_TESTS = 4;
const TESTS_ALONE = 2;

/**
 * What a plan's gates ask for. Any gate may fail in any phase, so alpha is shared over gates, phases and tests
 * (Bonferroni); every gate has to pass, so beta is not (Berger, Multiparameter hypothesis testing and acceptance
 * sampling, 1982: the intersection-union test).
 * @param gridOf the margins at which evidence is kept; fewer of them give fewer bounds, and the same verdicts
 */
export function criteriaOf(plan: Plan, gridOf: (margin: number) => readonly number[] = marginGrid): Criteria {
  const phases = phaseCount(plan);
  const criterion = (margin: number, alphaShare: number, tests: number): Criterion => {
    const margins = gridOf(margin);
    return {
      margin,
      margins,
      place: margins.indexOf(margin),
      logFail: Math.log((phases * tests) / (plan.alpha * alphaShare)),
      logPass: Math.log(1 / BETA),
    };
  };
  return {
    errorRate: criterion(plan.gates.errorRate.margin, SHARES.errorRate, 1),
    decisionRate: criterion(plan.gates.decisionRate.margin, SHARES.decisionRate, DECISION_TESTS),
    latencyP95: { ...criterion(0, SHARES.latencyP95, 1), maxRatio: plan.gates.latencyP95.maxRatio },
    scoreShift: {
      maxPsi: plan.gates.scoreShift.maxPsi,
      alpha: (plan.alpha * SHARES.scoreShift) / phases,
      beta: BETA,
    },
    alone: { logFail: Math.log((phases * TESTS_ALONE) / (plan.alpha * SHARES.alone)) },
    minRequests: plan.minRequests,
    minEvents: plan.minEvents,
  };
}
