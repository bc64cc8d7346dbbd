import { constants } from 'node:os';

/** Somebody stopped the command. */
export class Interrupted extends Error {
  override readonly name = 'Interrupted';
  /** What a shell answers for a process that the signal has ended. */
  readonly exitCode: number;
  constructor(signal: 'SIGINT' | 'SIGTERM') {
    super(`Stopped by ${signal}`);
    this.exitCode = 128 + constants.signals[signal];
  }
}

/** A signal that Ctrl-C or SIGTERM gives, so that work may end in good order; a second one ends the process at once. */
export function untilInterrupted(): AbortSignal {
  const controller = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM'] as const) {
    process.on(name, () => {
      const reason = new Interrupted(name);
      if (controller.signal.aborted) process.exit(reason.exitCode);
      console.error('\nStopping …');
      controller.abort(reason);
    });
  }
  return controller.signal;
}
