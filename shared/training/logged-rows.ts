import { HOUR_MS } from '../events/log-layout.ts';
import { IdSet } from '../events/id-set.ts';
import { timeOf } from '../events/prediction-id.ts';
import type { CompiledContract } from '../features/compile.ts';
import type { CheckedRow } from '../features/row-values.ts';
import { joinHour, newJoinCounts, type Outcome, type OutcomeLogs, outcomeHours } from '../outcomes/join.ts';
import { keyOf, type RowKeys } from './row-keys.ts';
import { noPredictions, type PredictionCounts } from './training-set-manifest.ts';

/** Which predictions are wanted. Times are milliseconds since 1970-01-01T00:00Z. */
export interface LoggedWindow {
  readonly model: string;
  readonly from: number;
  /** Excluded: when the youngest prediction was made whose label is certain. */
  readonly to: number;
  /** Labels that were received later do not count. */
  readonly asOf: number;
  readonly unlabelled: 'negative' | 'drop';
}

export interface HourOfRows {
  readonly hour: number;
  /** Complete once `rows` has ended. */
  readonly counts: PredictionCounts;
  readonly rows: AsyncGenerator<CheckedRow, void, undefined>;
}

/**
 * The predictions of a window as training rows, hour by hour: their inputs as they were when they were scored, and what
 * turned out to be true of them. Reads one hour at a time; nothing that came later enters a row but its label.
 * @throws Failure `unavailable`
 */
export async function* loggedRows(
  logs: OutcomeLogs,
  contract: CompiledContract,
  keys: RowKeys,
  window: LoggedWindow,
): AsyncGenerator<HourOfRows, void, undefined> {
  const { model, from, to } = window;
  const labelled = window.unlabelled === 'negative' ? await labelledTransactions(logs, window) : undefined;
  for await (const hour of outcomeHours(logs, model, from, to)) {
    const counts = noPredictions();
    yield { hour, counts, rows: rowsOfHour(logs, contract, keys, window, labelled, hour, counts) };
  }
}

async function* rowsOfHour(
  logs: OutcomeLogs,
  contract: CompiledContract,
  keys: RowKeys,
  window: LoggedWindow,
  labelled: IdSet | undefined,
  hour: number,
  counts: PredictionCounts,
): AsyncGenerator<CheckedRow, void, undefined> {
  const labelSlot = contract.contract.columns.findIndex(({ role }) => role === 'label');
  const joined = newJoinCounts();
  for await (const outcome of joinHour(logs, window.model, hour, joined, window.asOf)) {
    const { event } = outcome;
    if (!inside(window, hour, event.id)) continue;
    counts.predictions += 1;
    const left = reasonToLeaveOut(outcome, window.unlabelled);
    if (left !== undefined) {
      counts[left] += 1;
      continue;
    }
    // A caller that repeats a request makes another prediction of the same transaction, and labels one of them.
    if (outcome.label === undefined && event.subject !== undefined && has(labelled, event.subject)) {
      counts.duplicates += 1;
      continue;
    }
    const checked = contract.check(event.data.inputs, '');
    if (!checked.ok) {
      counts.unfit += 1;
      continue;
    }
    const label = outcome.label?.label ?? 0;
    const row = checked.row.with(labelSlot, label);
    if (!keys.add(row)) {
      counts.duplicates += 1;
      continue;
    }
    counts.used += 1;
    counts.positives += label;
    if (outcome.label === undefined) counts.assumedNegative += 1;
    if (event.data.decision === 'block') counts.blockedUsed += 1;
    yield row;
  }
  counts.unknownLabels += joined.unknown;
  counts.unclaimedLabels += joined.unclaimed;
}

function reasonToLeaveOut(
  { event: { data }, label }: Outcome,
  unlabelled: LoggedWindow['unlabelled'],
): 'failed' | 'truncated' | 'blockedUnlabelled' | 'unlabelled' | undefined {
  if (data.error !== undefined) return 'failed';
  if (data.truncated === true) return 'truncated';
  if (label !== undefined) return undefined;
  // A payment that was not made cannot turn out to be good: taking it for negative would teach the model its own errors.
  if (data.decision === 'block') return 'blockedUnlabelled';
  return unlabelled === 'drop' ? 'unlabelled' : undefined;
}

/** The transactions of which some prediction is labelled. */
export async function labelledTransactions(logs: OutcomeLogs, window: LoggedWindow): Promise<IdSet> {
  const { model, from, to, asOf } = window;
  const found = new IdSet();
  for await (const hour of outcomeHours(logs, model, from, to)) {
    for await (const { event, label } of joinHour(logs, model, hour, newJoinCounts(), asOf)) {
      if (label !== undefined && event.subject !== undefined && inside(window, hour, event.id))
        found.add(keyOf(event.subject));
    }
  }
  return found;
}

function inside({ from, to }: LoggedWindow, hour: number, id: string): boolean {
  if (hour >= from && hour + HOUR_MS <= to) return true;
  const time = timeOf(id);
  return time >= from && time < to;
}

function has(set: IdSet | undefined, subject: string): boolean {
  return set?.has(keyOf(subject)) === true;
}
