import type { ModelDefinition } from '../features/definition.ts';
import { IdSet } from '../events/id-set.ts';
import { timeOf } from '../events/prediction-id.ts';
import { milliseconds } from '../promotion/duration.ts';
import { labelledTransactions } from '../training/logged-rows.ts';
import { keyOf } from '../training/row-keys.ts';
import { joinRange, newJoinCounts, type OutcomeLogs } from './join.ts';
import type { TimeWindow } from './performance-query.ts';
import { WindowTally } from './window-tally.ts';

/** How a model's labels come about. */
export interface OutcomeRules {
  /** How long after a prediction its label is certain. Milliseconds. */
  readonly maturityMs: number;
  /** What a prediction counts as that has no label by then. */
  readonly unlabelled: 'negative' | 'drop';
  /** The column that names the account. */
  readonly entity?: string | undefined;
}

/**
 * What a model folder says of its labels. One that says nothing, or is not known, has both classes labelled, as soon as
 * they are known.
 */
export function outcomeRules(
  definition: Pick<ModelDefinition, 'labelling' | 'columns'> | undefined,
): OutcomeRules {
  const { labelling, columns = [] } = definition ?? {};
  return {
    maturityMs: labelling === undefined ? 0 : milliseconds(labelling.maturity),
    unlabelled: labelling?.unlabelled ?? 'drop',
    entity: columns.find(({ role }) => role === 'entity')?.name,
  };
}

/** What one version did in one window. */
export interface MeasuredWindow extends TimeWindow {
  readonly version: string;
  /** Whether the labels of all its predictions were certain. */
  readonly matured: boolean;
  readonly tally: WindowTally;
}

/**
 * What each version's predictions come to, window by window. Streams: it holds an hour's labels and ids, and the tallies
 * of one window. A transaction that was sent again and labelled once counts once where the unlabelled count as negative.
 * @param windows in order, without gaps, cut at whole hours but for the first start and the last end
 * @param asOf labels that were received later are left out. Milliseconds since 1970-01-01T00:00Z
 * @throws Failure `unavailable`
 */
export async function* measureWindows(
  logs: OutcomeLogs,
  model: string,
  { maturityMs, unlabelled, entity }: OutcomeRules,
  windows: readonly TimeWindow[],
  asOf: number,
): AsyncGenerator<MeasuredWindow, void, undefined> {
  const [first, last] = [windows[0], windows.at(-1)];
  if (first === undefined || last === undefined) return;
  const matureUntil = asOf - maturityMs;
  const range = { model, from: first.from, to: Math.min(last.to, matureUntil), asOf, unlabelled };
  const known = unlabelled === 'negative' ? await labelledTransactions(logs, range) : new IdSet();
  let index = 0;
  let tallies = new Map<string, WindowTally>();
  const ended = (): MeasuredWindow[] => {
    const { from, to } = windows[index] ?? first;
    const matured = to <= matureUntil;
    const inOrder = [...tallies].sort(([left], [right]) => Number(left) - Number(right));
    return inOrder.map(([version, tally]) => ({ from, to, version, matured, tally }));
  };
  const joined = joinRange(logs, model, first.from, last.to, newJoinCounts(), asOf);
  for await (const { event, label } of joined) {
    const time = timeOf(event.id);
    if (time >= (windows[index]?.to ?? last.to)) {
      yield* ended();
      tallies = new Map();
      while (index + 1 < windows.length && time >= (windows[index]?.to ?? 0)) index += 1;
    }
    const { version } = event.data;
    let tally = tallies.get(version);
    if (tally === undefined) tallies.set(version, (tally = new WindowTally(entity)));
    const isCertain = unlabelled === 'negative' && (windows[index]?.to ?? last.to) <= matureUntil;
    const isRepeat = event.subject !== undefined && known.has(keyOf(event.subject));
    tally.add(event, label?.label, isCertain && !isRepeat);
  }
  yield* ended();
}
