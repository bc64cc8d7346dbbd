import { historyView, type HistoryOptions } from './history-view.ts';
import type { HistoryEvent } from '../history.ts';
import type { Instance } from '../instance.ts';
import { parseLoosely } from './loose-json.ts';

/** An instance as callers of the web API see it. */
export interface StatusView {
  readonly name: string;
  readonly instanceId: string;
  readonly runtimeStatus: string;
  readonly input: unknown;
  readonly customStatus: unknown;
  readonly output: unknown;
  /** ISO 8601 in whole seconds, as the extension writes them. */
  readonly createdTime: string;
  readonly lastUpdatedTime: string;
  readonly historyEvents?: readonly Record<string, unknown>[];
}

/**
 * @param history where the caller wants it; an instance that has not run yet has none
 */
export function statusView(
  instance: Instance,
  options: HistoryOptions,
  history?: readonly HistoryEvent[],
): StatusView {
  return {
    name: instance.name,
    instanceId: instance.instanceId,
    runtimeStatus: instance.status,
    input: options.showInput ? parseLoosely(instance.input) : null,
    customStatus: parseLoosely(instance.customStatus),
    output: parseLoosely(instance.output),
    createdTime: wholeSeconds(instance.createdAt),
    lastUpdatedTime: wholeSeconds(instance.updatedAt),
    ...(history === undefined ? {} : { historyEvents: historyView(history, options) }),
  };
}

function wholeSeconds(time: number): string {
  return `${new Date(time).toISOString().slice(0, 19)}Z`;
}
