import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { checkCrashRun } from './crash-check.ts';
import { crashRun } from './crash-run.ts';
import { commandLine, EXIT, run, wholeNumber } from './command-line.ts';
import { showProgress } from './progress.ts';

interface Options {
  readonly orchestrations: number;
  readonly kills: number;
  readonly hosts: number;
  readonly seed: number;
}

await run(
  commandLine(
    'durable:crash',
    'Runs orchestrations on hosts that are killed at random moments, and checks that nothing was lost or doubled.',
  )
    .option('--orchestrations <n>', 'how many', wholeNumber(1), 200)
    .option('--kills <n>', 'how often a host is killed', wholeNumber(0), 50)
    .option('--hosts <n>', 'how many hosts share the task hub', wholeNumber(1, 8), 2)
    .option('--seed <s>', 'the same seed gives the same orchestrations and moments', wholeNumber(0), 1)
    .action(async (options: Options) => {
      const home = await mkdtemp(join(tmpdir(), 'durable-crash-'));
      const progress = showProgress();
      const started = performance.now();
      try {
        const crashed = await crashRun({ ...options, home, onProgress: progress.show });
        progress.end();
        const { faults, ...figures } = await checkCrashRun(crashed);
        for (const fault of faults) console.error(fault);
        const seconds = Math.round((performance.now() - started) / 100) / 10;
        console.log(JSON.stringify({ ...options, ...figures, faults: faults.length, seconds }));
        if (faults.length > 0) process.exitCode = EXIT.failed;
      } finally {
        progress.end();
        await rm(home, { recursive: true, force: true });
      }
    }),
);
