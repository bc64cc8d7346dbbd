import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { localSettings } from './app-settings.ts';
import { commandLine, EXIT, run, wholeNumber } from './command-line.ts';
import { type Progress, showProgress } from './progress.ts';

interface Options {
  readonly model: string;
  readonly kills: number;
  readonly seed: number;
}

/** What a crash test of a stack is called, and what it does. */
interface CrashCommand {
  readonly name: string;
  readonly description: string;
  readonly kills: { readonly description: string; readonly usually: number };
  /** Told the empty folder that the stack is to live in, which goes afterwards. */
  readonly crash: (
    options: Options & { readonly home: string; readonly onProgress: Progress['show'] },
  ) => Promise<{ readonly faults: readonly string[] }>;
}

/** Runs a crash test as a command of its own: faults on standard error, the figures as a line of JSON. */
export async function runCrashCommand({ name, description, kills, crash }: CrashCommand): Promise<void> {
  const { DEFAULT_MODEL } = await localSettings();
  await run(
    commandLine(name, description)
      .option('--model <name>', 'the model', DEFAULT_MODEL)
      .option('--kills <n>', kills.description, wholeNumber(0), kills.usually)
      .option('--seed <s>', 'the same seed gives the same moments', wholeNumber(0), 1)
      .action(async (options: Options) => {
        const home = await mkdtemp(join(tmpdir(), `${name.replace(':', '-')}-`));
        const progress = showProgress();
        const started = performance.now();
        try {
          const { faults, ...figures } = await crash({ ...options, home, onProgress: progress.show });
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
}
