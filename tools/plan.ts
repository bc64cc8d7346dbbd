import { readFile } from 'node:fs/promises';
import Table from 'cli-table3';
import { z } from 'zod';
import {
  durationText,
  nameOf,
  type PhaseAdvice,
  planAdvice,
  type PlanAdvice,
} from '../shared/promotion/plan-advice.ts';
import { durationSchema } from '../shared/promotion/duration.ts';
import { percentText } from '../shared/promotion/gate.ts';
import { type Plan, planSchema } from '../shared/promotion/plan.ts';
import { commandLine, EXIT, parsedBy, run } from './command-line.ts';
import { numberBetween } from './number-option.ts';

const optionsSchema = z.object({
  requestsPerMinute: z.number(),
  errorRate: z.number(),
  detect: z.number().optional(),
  flaggedRate: z.number().optional(),
  plan: z.string().optional(),
  steps: z.array(z.object({ percent: z.number(), bake: z.string().optional() })).optional(),
  shadow: z.string().optional(),
  minRequests: z.number().optional(),
  margin: z.number().optional(),
  json: z.boolean(),
});
type Options = z.output<typeof optionsSchema>;

const command = commandLine(
  'plan',
  'Says how long each step of a promotion has to bake with your traffic, and what it would miss.',
)
  .requiredOption('--requests-per-minute <n>', "the model's traffic", numberBetween(0.001, 1e9))
  .option('--error-rate <rate>', "the champion's rate of failures", numberBetween(0, 0.9), 0.001)
  .option('--detect <rate>', 'a failing rate of the candidate that has to be found', numberBetween(0, 1))
  .option('--flagged-rate <rate>', 'the share of rows that are reviewed or blocked', numberBetween(1e-6, 1))
  .option('--plan <file>', 'a plan as JSON (default: the default plan)')
  .option(
    '--steps <list>',
    'steps in place of the plan’s: percent[:bake],…, such as 5:2h,25:6h,100',
    parsedBy(stepsOf),
  )
  .option('--shadow <bake>', "the shadow's bake time in place of the plan's, or none")
  .option('--min-requests <n>', "in place of the plan's minRequests", numberBetween(1, 1e9))
  .option('--margin <rate>', "the errors gate's margin in place of the plan's", numberBetween(0, 0.5))
  .option('--json', 'writes one JSON document', false)
  .action(async () => {
    const options = optionsSchema.parse(command.opts());
    const plan = await planOf(options);
    const advice = planAdvice(plan, options, options.detect);
    if (options.json) console.log(JSON.stringify(advice));
    else show(advice, options);
    if (advice.problems.length > 0) process.exitCode = EXIT.failed;
  });

function stepsOf(text: string): { readonly percent: number; readonly bake?: string }[] {
  return text.split(',').map((step) => {
    const [percent = '', bake] = step.split(':');
    const value = numberBetween(0.01, 100)(percent);
    return bake === undefined ? { percent: value } : { percent: value, bake: durationSchema.parse(bake) };
  });
}

/** The plan of the file, or the default one, with what the options say in its place. */
async function planOf(options: Options): Promise<Plan> {
  const { plan, steps, shadow, minRequests, margin } = options;
  const text: unknown = plan === undefined ? {} : JSON.parse(await readFile(plan, 'utf8'));
  const written = z.record(z.string(), z.unknown()).parse(text);
  const gates = z.record(z.string(), z.unknown()).parse(written['gates'] ?? {});
  const parsed = planSchema.safeParse({
    ...written,
    ...(steps === undefined ? {} : { steps }),
    ...(shadow === undefined ? {} : { shadow: shadow === 'none' ? null : { bake: shadow } }),
    ...(minRequests === undefined ? {} : { minRequests }),
    ...(margin === undefined ? {} : { gates: { ...gates, errorRate: { margin } } }),
  });
  if (parsed.success) return parsed.data;
  throw new RangeError(`The plan can't be read: ${z.prettifyError(parsed.error)}`);
}

function show({ phases, problems, warnings }: PlanAdvice, { detect }: Options): void {
  const head = ['phase', 'bakes', 'requests', 'minimum after', 'equal passes after'];
  const table = new Table({
    head: [...head, ...(detect === undefined ? [] : [`${percentText(detect)} found after`]), 'misses up to'],
    colAligns: ['left', ...Array<'right'>(6).fill('right')],
    style: { head: [], border: [] },
  });
  for (const phase of phases) {
    const detected = detect === undefined ? [] : [shown(phase.minutesToDetect)];
    table.push([
      nameOf(phase.step, phase.percent),
      durationText(phase.bakeMinutes),
      String(phase.requests),
      durationText(phase.minutesToMinimum),
      shown(phase.minutesToPass),
      ...detected,
      missed(phase),
    ]);
  }
  console.log(table.toString());
  console.log(
    "Times are medians on a phase's own evidence; what was shown harmless before is kept. A phase that bakes for less " +
      'than it takes to pass is extended.',
  );
  for (const warning of warnings) console.log(`Warning: ${warning}.`);
  for (const problem of problems) console.log(`This plan can't work: ${problem}.`);
}

function shown(minutes: number | null): string {
  return minutes === null ? '-' : Number.isFinite(minutes) ? durationText(minutes) : 'never';
}

/** Error rates below the least that is found within the bake time. */
function missed({ percent, detectable }: PhaseAdvice): string {
  if (percent === 100) return '-';
  return detectable === null ? 'everything' : percentText(detectable);
}

if (import.meta.main) await run(command);
