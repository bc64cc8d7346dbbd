import type { LogLevel } from './core-types.ts';

/** Lowest first; `none` as a limit silences a category. */
const severity: Record<LogLevel, number> = {
  trace: 0,
  debug: 1,
  information: 2,
  warning: 3,
  error: 4,
  critical: 5,
  none: 6,
};

const shortNames: Record<LogLevel, string> = {
  trace: 'trace',
  debug: 'debug',
  information: 'info',
  warning: 'warn',
  error: 'error',
  critical: 'crit',
  none: 'none',
};

/** Where a line came from: shown in the line, and used to look up the limit. */
export interface LogSource {
  /** The Azure category, such as `Function.score.User`, `Function.score` or `Host.General`. */
  readonly category: string;
  /** The name in the line: the function's name, or `host`. */
  readonly name: string;
  readonly invocationId?: string | undefined;
}

export interface Logger {
  /** Whether a line of this level would be written: ask before building an expensive message. */
  enabled(level: LogLevel, category: string): boolean;
  write(level: LogLevel, source: LogSource, message: string): void;
}

/**
 * Finds a category's limit in host.json's `logging.logLevel`: the longest configured prefix of whole words
 * decides, then `default`, then `information`.
 */
export function limitOf(category: string, limits: ReadonlyMap<string, LogLevel>): LogLevel {
  let prefix = category;
  for (;;) {
    const limit = limits.get(prefix);
    if (limit !== undefined) return limit;
    const dot = prefix.lastIndexOf('.');
    if (dot < 0) return limits.get('default') ?? 'information';
    prefix = prefix.slice(0, dot);
  }
}

/**
 * One log entry as text: time, level, function name, invocation id, message. Further lines of the message
 * (stack traces) are indented, so that what a caller sent cannot look like an entry of its own.
 */
export function formatLine(time: Date, level: LogLevel, source: LogSource, message: string): string {
  const invocation = source.invocationId === undefined ? '' : ` [${source.invocationId}]`;
  const text = message.replaceAll(/\r\n|[\n\r\u2028\u2029]/g, '\n    ');
  return `${time.toISOString()} ${shortNames[level]} ${source.name}${invocation} ${text}\n`;
}

/**
 * A logger that writes warnings and errors to the second stream and everything else to the first.
 * @param limits host.json's `logging.logLevel`
 */
export function createLogger(
  limits: ReadonlyMap<string, LogLevel>,
  streams: { readonly out: { write(text: string): unknown }; readonly err: { write(text: string): unknown } },
  now: () => Date,
): Logger {
  const known = new Map<string, number>();
  const enabled = (level: LogLevel, category: string): boolean => {
    let limit = known.get(category);
    if (limit === undefined) {
      limit = severity[limitOf(category, limits)];
      known.set(category, limit);
    }
    return severity[level] >= limit && limit < severity.none;
  };
  return {
    enabled,
    write: (level, source, message) => {
      if (!enabled(level, source.category)) return;
      const stream = severity[level] >= severity.warning ? streams.err : streams.out;
      stream.write(formatLine(now(), level, source, message));
    },
  };
}
