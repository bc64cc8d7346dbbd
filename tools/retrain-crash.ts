import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { localSettings } from './app-settings.ts';
import { commandLine, EXIT, run, wholeNumber } from './command-line.ts';
import { showProgress } from './progress.ts';
import { crashRetrains } from './retrain-crash-run.ts';

interface Options {
  readonly model: string;
  readonly kills: number;
  readonly seed: number;
}

const { DEFAULT_MODEL } = await localSettings();
await run(
  commandLine(
    'retrain:crash',
    'Kills a stack in each activity of a retrain, starts it again each time, and checks that one version comes of it.',
  )
    .option('--model <name>', 'the model', DEFAULT_MODEL)
    .option('--kills <n>', 'how often the stack, or its host, is killed', wholeNumber(0), 12)
    .option('--seed <s>', 'the same seed gives the same moments', wholeNumber(0), 1)
    .action(async (options: Options) => {
      const home = await mkdtemp(join(tmpdir(), 'retrain-crash-'));
      const progress = showProgress();
      const started = performance.now();
      try {
        const { faults, ...figures } = await crashRetrains({ ...options, home, onProgress: progress.show });
        progress.end();
        for (const fault of faults) console.error(fault);
        const seconds = Math.round((performance.now() - started) / 1_000);
        console.log(JSON.stringify({ ...options, ...figures, faults: faults.length, seconds }));
        if (faults.length > 0) process.exitCode = EXIT.failed;
      } finally {
        progress.end();
        await rm(home, { recursive: true, force: true });
      }
    }),
);
