import { gather, startPhase } from '../shared/promotion/gathered.ts';
import { planSchema } from '../shared/promotion/plan.ts';
import { createRandom } from '../shared/training/random.ts';
import { quickCriteria } from './gate-runs.ts';
import { PER_LOOK, type Run, type Situation } from './plain-situations.ts';
import { simulatedBlock } from './simulated-evidence.ts';
import { type Accounts, StickyTraffic } from './sticky-accounts.ts';

const CRITERIA = quickCriteria();

/** Situations that counting wrongly would be fooled by. */
export function hardSituations(run: Run, runs: number, seed: number): Situation[] {
  const zeroMargin = quickCriteria(planSchema.parse({ gates: { errorRate: { margin: 0 } } }));
  // All that may go wrong is spent on this gate in this phase, so that a method that is fooled shows it.
  const strict = { ...zeroMargin, errorRate: { ...zeroMargin.errorRate, logFail: Math.log(1 / 0.05) } };
  const bursts: Situation = {
    name: 'errors of both arms burst to 20 % in a tenth of the looks, margin 0, α .05',
    truth: 'equal',
    outcomes: () =>
      run('errorRate', 'shared', {
        criteria: strict,
        block: (random) => {
          const errorRate = random() < 0.1 ? 0.2 : 0.01;
          return simulatedBlock(random, {
            champion: { n: PER_LOOK, errorRate },
            canary: { n: PER_LOOK, errorRate },
          });
        },
      }),
  };
  const accounts: Accounts = { count: 5_000, badRate: 0.8, goodRate: 0.002 };
  const sticky = (name: string, truth: string, fault: number, everyFailure: boolean): Situation => ({
    name: `1 % of 5,000 accounts cause most errors, ${name}, margin 0, α .05`,
    truth,
    outcomes: () => {
      const random = createRandom(seed);
      let traffic = new StickyTraffic(random, accounts, 0.5, fault);
      return run('errorRate', 'shared', {
        criteria: strict,
        runs: Math.min(runs, 500),
        block: (_, look) => {
          if (look === 0) traffic = new StickyTraffic(random, accounts, 0.5, fault);
          return traffic.block(8 * PER_LOOK, everyFailure);
        },
      });
    },
  });
  return [
    bursts,
    sticky('counting every failure', 'equal', 0, true),
    sticky("counting an account's first", 'equal', 0, false),
    sticky("counting an account's first", 'harm, 1 → 3 %', 0.02, false),
    stickyAlone(run, runs, seed, accounts, false),
    stickyAlone(run, runs, seed, accounts, true),
  ];
}

/** The last shared step's accounts go on at 100 %: those that failed there are known, or would all count again. */
function stickyAlone(run: Run, runs: number, seed: number, accounts: Accounts, carried: boolean): Situation {
  return {
    name: `the same at 100 %, ${carried ? 'knowing' : 'forgetting'} the accounts that failed in the step before`,
    truth: 'equal',
    outcomes: () => {
      const random = createRandom(seed);
      let shared = new StickyTraffic(random, accounts, 0.5);
      let alone = shared;
      return run('errorRate', 'alone', {
        runs: Math.min(runs, 500),
        before: () => {
          shared = new StickyTraffic(random, accounts, 0.5);
          let gathered = startPhase('shared');
          for (let look = 0; look < 40; look += 1) gathered = gather(gathered, shared.block(250), CRITERIA);
          const seen = { champion: [], canary: carried ? shared.failed : [] };
          alone = new StickyTraffic(random, accounts, 1, 0, shared, seen);
          return gathered;
        },
        block: () => alone.block(PER_LOOK),
      });
    },
  };
}
