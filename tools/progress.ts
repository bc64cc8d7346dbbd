import { Presets, SingleBar } from 'cli-progress';

/** A progress bar on standard error: one line that is redrawn on a terminal, a line every few seconds elsewhere. */
export interface Progress {
  readonly show: (stage: string, done: number, total: number) => void;
  readonly end: () => void;
}

export function showProgress(): Progress {
  const bar = new SingleBar(
    {
      stream: process.stderr,
      format: '{stage} [{bar}] {value}/{total} | {duration_formatted}',
      hideCursor: true,
      clearOnComplete: false,
      noTTYOutput: true,
      notTTYSchedule: 5_000,
    },
    Presets.legacy,
  );
  let current: string | undefined;
  return {
    show: (stage, done, total) => {
      if (stage !== current) {
        if (current !== undefined) bar.stop();
        bar.start(total, done, { stage });
        current = stage;
      }
      bar.setTotal(total);
      bar.update(done, { stage });
    },
    end: () => {
      if (current !== undefined) bar.stop();
      current = undefined;
    },
  };
}
