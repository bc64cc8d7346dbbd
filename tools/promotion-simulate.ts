import { z } from 'zod';
import { DEFAULT_PLAN } from '../shared/promotion/plan.ts';
import { commandLine, run, wholeNumber } from './command-line.ts';
import { numberBetween } from './number-option.ts';
import { quantileOf, quickCriteria, runGate } from './gate-runs.ts';
import { promotionTables } from './promotion-tables.ts';
import { showProgress } from './progress.ts';
import { simulatedBlock } from './simulated-evidence.ts';

const optionsSchema = z.object({
  runs: z.number(),
  looks: z.number(),
  perLook: z.number(),
  championError: z.number(),
  canaryError: z.number(),
  margin: z.number(),
  alpha: z.number(),
  seed: z.number(),
  tables: z.boolean(),
});

const rate = numberBetween(0, 1);
const command = commandLine(
  'promotion:simulate',
  'Puts simulated traffic through the gate that promotions judge errors by: how often it fails and passes.',
)
  .option('--runs <n>', 'promotions to simulate', wholeNumber(1), 2_000)
  .option('--looks <n>', 'looks at the evidence in each', wholeNumber(1), 200)
  .option('--per-look <n>', 'new requests of each arm at each look', wholeNumber(1), 50)
  .option('--champion-error <rate>', "the champion's true error rate", rate, 0.01)
  .option('--canary-error <rate>', "the canary's true error rate", rate, 0.01)
  .option('--margin <rate>', "the gate's margin", numberBetween(0, 0.5), DEFAULT_PLAN.gates.errorRate.margin)
  .option(
    '--alpha <share>',
    'of all gates and phases of a promotion together',
    numberBetween(0, 0.5),
    DEFAULT_PLAN.alpha,
  )
  .option('--seed <s>', 'the same seed gives the same figures', wholeNumber(0), 1)
  .option('--tables', 'instead, writes the tables of docs/promotion.md: every gate, many situations', false)
  .action(() => {
    const options = optionsSchema.parse(command.opts());
    if (options.tables) {
      const progress = showProgress();
      for (const line of promotionTables(options.runs, options.seed, progress)) console.log(line);
      progress.end();
      return;
    }
    console.log(JSON.stringify(simulateErrors(options)));
  });

function simulateErrors(options: z.output<typeof optionsSchema>): Record<string, number | null> {
  const { runs, looks, perLook, championError, canaryError, margin, alpha, seed } = options;
  const gates = { ...DEFAULT_PLAN.gates, errorRate: { margin } };
  const { failed, passed, inconclusive, toFail, toPass } = runGate({
    gate: 'errorRate',
    stage: 'shared',
    criteria: quickCriteria({ ...DEFAULT_PLAN, alpha, gates }),
    runs,
    looks,
    seed,
    block: (random) =>
      simulatedBlock(random, {
        champion: { n: perLook, errorRate: championError },
        canary: { n: perLook, errorRate: canaryError },
      }),
  });
  return {
    runs,
    failed,
    passed,
    inconclusive,
    medianSamplesToFail: quantileOf(toFail, 0.5),
    medianSamplesToPass: quantileOf(toPass, 0.5),
  };
}

if (import.meta.main) await run(command);
