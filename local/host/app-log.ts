import { format, inspect } from 'node:util';
import type { AppRegistry } from './app-registry.ts';
import type { LogCategory, LogHookContext, LogLevel } from './core-types.ts';
import type { Logger, LogSource } from './log.ts';

export interface AppLog {
  /** Whether a system message about a function would be written: ask before building an expensive one. */
  enabled(level: LogLevel, functionName: string): boolean;
  /** A log call of the app inside an invocation; the arguments are formatted as by console.log. */
  invocation(
    level: LogLevel,
    functionName: string,
    invocationId: string,
    args: readonly unknown[],
    context?: object,
  ): void;
  /** A message about a function from the host or the app's library. */
  system(level: LogLevel, functionName: string, invocationId: string | undefined, message: string): void;
  /** A message that belongs to no function. */
  general(level: LogLevel, message: string, category?: LogCategory): void;
}

/**
 * The log of one app, with the app's `log` hooks: they see every message and may change its level and text.
 */
export function createAppLog(registry: AppRegistry, logger: Logger): AppLog {
  let inHook = false;

  const send = (
    level: LogLevel,
    kind: LogCategory,
    source: LogSource,
    text: string,
    context?: object,
  ): void => {
    const { log: hooks } = registry.hooks;
    if (hooks.length === 0 || inHook) {
      logger.write(level, source, text);
      return;
    }
    const entry: LogHookContext = {
      hookData: {},
      appHookData: registry.appHookData,
      level,
      message: text,
      category: kind,
      invocationContext: context,
    };
    // A hook that logs must not call itself.
    inHook = true;
    try {
      for (const hook of hooks) hook(entry);
    } catch (error) {
      logger.write('error', source, `A log hook failed: ${describeError(error)}`);
    } finally {
      inHook = false;
    }
    logger.write(entry.level, source, entry.message);
  };

  return {
    enabled: (level, functionName) =>
      registry.hooks.log.length > 0 || logger.enabled(level, `Function.${functionName}`),
    invocation: (level, functionName, invocationId, args, context) => {
      const category = `Function.${functionName}.User`;
      // Nobody would see it: formatting could be costly.
      if (registry.hooks.log.length === 0 && !logger.enabled(level, category)) return;
      send(level, 'user', { category, name: functionName, invocationId }, format(...args), context);
    },
    system: (level, functionName, invocationId, message) => {
      send(
        level,
        'system',
        { category: `Function.${functionName}`, name: functionName, invocationId },
        message,
      );
    },
    general: (level, message, category = 'system') => {
      send(
        level,
        category,
        { category: category === 'user' ? 'Worker' : 'Host.General', name: 'host' },
        message,
      );
    },
  };
}

/** An error with its stack and causes, or any other thrown value, as text. */
export function describeError(error: unknown): string {
  return typeof error === 'string' ? error : inspect(error);
}
