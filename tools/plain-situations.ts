import { percentText } from '../shared/promotion/gate.ts';
import { gather, type Gathered, startPhase } from '../shared/promotion/gathered.ts';
import { decileEdges, scoreShift } from '../shared/promotion/psi.ts';
import { createRandom, type Random } from '../shared/training/random.ts';
import { type GateOutcomes, type GateRuns, quickCriteria, runGate } from './gate-runs.ts';
import { simulatedBlock, simulatedPairs } from './simulated-evidence.ts';

const LOOKS = 200;
/** New requests of the canary, or pairs, at each look. */
export const PER_LOOK = 50;
const CRITERIA = quickCriteria();

/** A situation whose truth is known, and what the gate makes of it. */
export interface Situation {
  readonly name: string;
  readonly truth: string;
  readonly outcomes: () => GateOutcomes;
}

/** What differs from the usual. */
type Scenario = Omit<GateRuns, 'criteria' | 'runs' | 'looks' | 'seed' | 'gate' | 'stage'> & Partial<GateRuns>;

/** Runs a gate through a situation. */
export type Run = (gate: GateRuns['gate'], stage: GateRuns['stage'], scenario: Scenario) => GateOutcomes;

export function runner(runs: number, seed: number): Run {
  return (gate, stage, scenario) =>
    runGate({ gate, stage, criteria: CRITERIA, runs, looks: LOOKS, seed, ...scenario });
}

/** What each gate does where nothing is odd about the traffic. */
export function plainSituations(run: Run): readonly Situation[] {
  return [...errorRows(run), ...decisionRows(run), ...latencyRows(run), ...scoreRows(run), ...aloneRows(run)];
}

function errorRows(run: Run): Situation[] {
  const row = (before: number, after: number, truth: string, championRatio: number): Situation => ({
    name: `errors ${percentText(before)} → ${percentText(after)}, champion ${championRatio} ×`,
    truth,
    outcomes: () =>
      run('errorRate', 'shared', {
        block: (random) =>
          simulatedBlock(random, {
            champion: { n: PER_LOOK * championRatio, errorRate: before },
            canary: { n: PER_LOOK, errorRate: after },
          }),
      }),
  });
  return [1, 19].flatMap((ratio) => [
    row(0.01, 0.01, 'equal', ratio),
    row(0.001, 0.001, 'equal', ratio),
    row(0.01, 0.015, 'at the margin', ratio),
    row(0.01, 0.02, 'harm', ratio),
    row(0.01, 0.03, 'harm', ratio),
    row(0.01, 0.06, 'harm', ratio),
    row(0.001, 0.03, 'harm', ratio),
  ]);
}

function decisionRows(run: Run): Situation[] {
  const row = (
    name: string,
    truth: string,
    blocked: readonly [number, number],
    bothBlock: number,
  ): Situation => ({
    name: `decisions: ${name}`,
    truth,
    outcomes: () =>
      run('decisionRate', 'shadow', {
        looks: 300,
        block: (random) => simulatedBlock(random, { pairs: { n: PER_LOOK, blocked, bothBlock } }),
      }),
  });
  return [
    row('the same', 'equal', [0, 0], 0.02),
    row('retrained, .3 + .3 % differ', 'equal', [0.003, 0.003], 0.02),
    row('blocks 2 → 2.5 %', 'at the margin', [0.008, 0.003], 0.017),
    row('blocks 2 → 4 %', 'harm', [0.021, 0.001], 0.019),
    row('blocks 4 → 2 %', 'harm', [0.001, 0.021], 0.019),
    row('blocks 1 → 2 %', 'harm', [0.0105, 0.0005], 0.0095),
  ];
}

function latencyRows(run: Run): Situation[] {
  const row = (slowness: number, truth: string): Situation => ({
    name: `latency × ${slowness}`,
    truth,
    outcomes: () =>
      run('latencyP95', 'shared', {
        looks: 40,
        block: (random) =>
          simulatedBlock(random, {
            champion: { n: PER_LOOK * 3, slowness: 1 },
            canary: { n: PER_LOOK, slowness },
          }),
      }),
  });
  return [row(1, 'equal'), row(1.5, 'at the limit'), row(2, 'harm'), row(3, 'harm')];
}

function scoreRows(run: Run): Situation[] {
  return [0, 0.3, 0.5, 0.6, 0.8].map((shift) => ({
    name: `scores shifted by ${shift} standard deviations`,
    truth: `PSI ${Math.abs(trueIndex(shift)).toFixed(2)}`,
    outcomes: () =>
      run('scoreShift', 'shadow', {
        looks: 32,
        block: (random) => simulatedBlock(random, { pairs: { n: 250, shift } }),
      }),
  }));
}

/** The stability index of very many rows. */
function trueIndex(shift: number): number {
  const { champion, candidate } = simulatedPairs(createRandom(1), { n: 400_000, shift });
  return scoreShift(champion.scores, candidate.scores, decileEdges(champion.scores)).psi;
}

function aloneRows(run: Run): Situation[] {
  const before = (random: Random): Gathered =>
    Array.from({ length: 40 }).reduce<Gathered>(
      (gathered) =>
        gather(
          gathered,
          simulatedBlock(random, {
            champion: { n: 125, errorRate: 0.01, slowness: 1 },
            canary: { n: 125, errorRate: 0.01, slowness: 1 },
          }),
          CRITERIA,
        ),
      startPhase('shared'),
    );
  const row = (
    gate: GateRuns['gate'],
    name: string,
    truth: string,
    errorRate: number,
    slowness: number,
  ): Situation => ({
    name: `100 %: ${name}`,
    truth,
    outcomes: () =>
      run(gate, 'alone', {
        before,
        block: (random) => simulatedBlock(random, { canary: { n: PER_LOOK, errorRate, slowness } }),
      }),
  });
  return [
    row('errorRate', 'errors 1 → 1 %', 'equal', 0.01, 1),
    row('errorRate', 'errors 1 → 1.5 %', 'at the margin', 0.015, 1),
    row('errorRate', 'errors 1 → 3 %', 'harm', 0.03, 1),
    row('latencyP95', 'latency × 1', 'equal', 0, 1),
    row('latencyP95', 'latency × 1.5', 'at the limit', 0, 1.5),
    row('latencyP95', 'latency × 3', 'harm', 0, 3),
  ];
}
