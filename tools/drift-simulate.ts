import { z } from 'zod';
import { DRIFT_POLICIES, type DriftPolicyName } from '../shared/drift/drift-settings.ts';
import { percentText } from '../shared/promotion/gate.ts';
import { commandLine, run, wholeNumber } from './command-line.ts';
import { type Detection, detections } from './drift-detection.ts';
import { type FalseAlarms, unchangedDays, weekdayPattern } from './drift-false-alarms.ts';
import { type Progress, showProgress } from './progress.ts';

const optionsSchema = z.object({
  days: z.number(),
  runs: z.number(),
  rows: z.number(),
  seed: z.number(),
});

const command = commandLine(
  'drift:simulate',
  'Puts simulated days through the daily check: how often each policy is alarmed by nothing, and what it finds.',
)
  .option('--days <n>', 'days that have not changed, for each kind of them', wholeNumber(1), 500)
  .option('--runs <n>', 'times that each drift is simulated', wholeNumber(1), 200)
  .option('--rows <n>', 'transactions of a day, and of a baseline', wholeNumber(500), 20_000)
  .option('--seed <s>', 'the same seed gives the same figures', wholeNumber(0), 1)
  .action(() => {
    const { days, runs, rows, seed } = optionsSchema.parse(command.opts());
    const progress = showProgress();
    const unchanged = unchangedDays(days, rows, seed, ticker(progress, 'unchanged days', days));
    const pooled = weekdayPattern(days, rows, seed, 'baseline', ticker(progress, 'weekdays', days));
    const seasonal = weekdayPattern(
      days,
      rows,
      seed,
      'same weekday',
      ticker(progress, 'same weekdays', days),
    );
    const found = detections(runs, rows, seed, ticker(progress, 'drifts', runs));
    progress.end();
    for (const line of falseAlarmTable({ unchanged, pooled, seasonal })) console.log(line);
    console.log('');
    for (const line of detectionTable(found)) console.log(line);
    console.log(JSON.stringify({ rows, seed, unchanged, pooled, seasonal, detections: found }));
  });

function ticker(progress: Progress, stage: string, total: number): () => void {
  let done = 0;
  return () => progress.show(stage, (done += 1), total);
}

function* falseAlarmTable(
  of: Readonly<Record<'unchanged' | 'pooled' | 'seasonal', FalseAlarms>>,
): Generator<string> {
  yield `| ${of.unchanged.days} days in which nothing happened | ${DRIFT_POLICIES.map((policy) => `\`${policy}\`: drifted | alarm`).join(' | ')} |`;
  yield `|---|${'---|---|'.repeat(DRIFT_POLICIES.length)}`;
  const names = {
    unchanged: 'independent days',
    pooled: 'weekend +8 %, noise 2 %, against the baseline',
    seasonal: 'the same, against the same weekday',
  };
  for (const [key, name] of Object.entries(names)) {
    const { days, drifted, alarms } = of[z.enum(['unchanged', 'pooled', 'seasonal']).parse(key)];
    const cells = DRIFT_POLICIES.map(
      (policy) => `${percentText(drifted[policy] / days)} | ${percentText(alarms[policy] / days)}`,
    );
    yield `| ${name} | ${cells.join(' | ')} |`;
  }
}

function* detectionTable(found: readonly Detection[]): Generator<string> {
  yield `| drift | ${DRIFT_POLICIES.map((policy) => `\`${policy}\`: first window | within two | alarm`).join(' | ')} |`;
  yield `|---|${'---|---|---|'.repeat(DRIFT_POLICIES.length)}`;
  for (const { name, runs, first, found: within, alarms } of found) {
    const cells = DRIFT_POLICIES.map((policy: DriftPolicyName) =>
      [first, within, alarms].map((times) => percentText(times[policy] / runs)).join(' | '),
    );
    yield `| ${name} | ${cells.join(' | ')} |`;
  }
}

if (import.meta.main) await run(command);
