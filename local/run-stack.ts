import { prefixingLog } from './log.ts';
import { StackError } from './stack-error.ts';
import { type Stack, type StackOptions, startStack, stopOnSignals } from './supervisor.ts';

/**
 * Runs a stack until a signal ends it, for a command: `process.exit(await runStack({…}))`.
 * @param onReady is given the stack once the app answers
 * @returns the exit code: 0 when it was stopped, 1 when it could not start or could not be kept running; the reason
 * has then been logged
 */
export async function runStack(
  options: Omit<StackOptions, 'signal'> & { readonly onReady?: (stack: Stack) => void },
): Promise<number> {
  const { onReady, log = prefixingLog(process.stderr) } = options;
  const stopping = new AbortController();
  const { signal } = stopping;
  stopOnSignals({
    stop: () => {
      stopping.abort();
      return Promise.resolve();
    },
  });
  try {
    const stack = await startStack({ ...options, log, signal });
    onReady?.(stack);
    const exitCode = await stack.ended;
    log('stack', exitCode === 0 ? 'stopped; the state is kept' : 'ended');
    return exitCode;
  } catch (error) {
    if (signal.aborted) {
      log('stack', 'stopped before it was ready; the state is kept');
      return 0;
    }
    for (const line of explain(error)) log('stack', line);
    return 1;
  }
}

function explain(error: unknown): string[] {
  if (error instanceof StackError) return [error.message];
  return (error instanceof Error ? (error.stack ?? error.message) : String(error)).split('\n');
}
