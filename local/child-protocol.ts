/** What is said between the supervisor and the processes it starts, over Node's channel between them. */

/** Ends a process of the stack: told by the supervisor, which then waits for the exit. */
export interface StopMessage {
  readonly type: 'stop';
}

export const STOP: StopMessage = { type: 'stop' };

/** How long an orphan may take to save and go, in milliseconds, once its supervisor has died. */
const ORPHAN_BOUND = 8_000;

/**
 * Makes this process a child of the stack. It ends, after `stop`, when the supervisor says so or has died, and on
 * nothing else: a signal to the terminal's process group reaches every process of the stack at once, but the order
 * in which they end is the supervisor's.
 * @param stop saves and closes; runs once; the process exits with 1 if it fails, else with 0
 */
export function endWithSupervisor(stop: () => Promise<void>): void {
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, ignoreSignal);
  survivesClosedOutput();
  let ending = false;
  const end = (): void => {
    if (ending) return;
    ending = true;
    setTimeout(() => process.exit(1), ORPHAN_BOUND).unref();
    stop().then(
      () => process.exit(0),
      (error: unknown) => {
        console.error('could not end cleanly:', error);
        process.exit(1);
      },
    );
  };
  process.on('disconnect', end);
  process.on('message', (message) => {
    if (isStop(message)) end();
  });
  // The supervisor may have died while this process was still loading its modules.
  if (!process.connected) end();
}

/** Tells the supervisor that this process now serves, and where. */
export function reportReady(where: Readonly<Record<string, unknown>>): void {
  process.send?.({ type: 'ready', ...where });
}

function isStop(message: unknown): boolean {
  return typeof message === 'object' && message !== null && 'type' in message && message.type === STOP.type;
}

function ignoreSignal(): void {
  // The supervisor got the same signal and will send its message.
}

/** Output goes to the supervisor; when that is gone, a log line must not end the process before it has saved. */
function survivesClosedOutput(): void {
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPIPE') throw error;
    });
  }
}
