import { z } from 'zod';
import { type Block, blockSchema, EMPTY_BLOCK } from '../promotion/evidence.ts';
import { firstOnes } from '../promotion/first-per-account.ts';
import { hashesOfText, hashesToText } from './account-list.ts';
import { blockSince } from './block-since.ts';
import { MINUTE_MS, minuteOf, type MinuteRow } from './minute-row.ts';
import {
  accountsOf,
  blockOfRow,
  blockOfRows,
  FIRST_EVENTS,
  type FirstEvent,
  withFirsts,
} from './row-block.ts';

/** A minute is settled so long after its end: nearly all of its events have been collected. */
const SETTLE_MS = 30_000;
/** Events that come so long after their minute was settled are still recognised, as late. */
const LATE_MINUTES = 5;

/** How far a step's minute rows have been folded into evidence: what the next look begins from. */
export const watermarkSchema = z.object({
  /** Absent where no promotion runs. */
  step: z.int().nonnegative().optional(),
  /** Minutes before this time are settled, and folded for good. */
  settledBefore: z.int().nonnegative(),
  /** What the rows of minutes that have not settled gave up to the last look. */
  unsettled: blockSchema,
  /** The last settled minutes, each with the events that it had then. */
  settled: z.array(z.tuple([z.int(), z.int()])).max(LATE_MINUTES),
  /** Accounts that were counted in this step, as `hashesToText`. */
  seen: z.partialRecord(z.enum(FIRST_EVENTS), z.base64()),
  /** Events that came after their minute had settled: they are in no block. */
  late: z.int().nonnegative(),
});
export type Watermark = z.infer<typeof watermarkSchema>;

export interface Fold {
  /** What is new since the last look. */
  readonly block: Block;
  readonly watermark: Watermark;
}

/**
 * The watermark that a step begins with: every account counts afresh.
 * @param from when the step began; milliseconds since 1970-01-01T00:00Z
 */
export function watermarkOf(step: number | undefined, from: number): Watermark {
  return {
    ...(step === undefined ? {} : { step }),
    // The workers' clocks may be behind.
    settledBefore: minuteOf(from) - MINUTE_MS,
    unsettled: EMPTY_BLOCK,
    settled: [],
    seen: {},
    late: 0,
  };
}

/** The minutes whose rows the next fold needs. @param now milliseconds since 1970-01-01T00:00Z */
export function minutesToRead(
  { settledBefore }: Watermark,
  now: number,
): { readonly from: number; readonly to: number } {
  return { from: settledBefore - LATE_MINUTES * MINUTE_MS, to: minuteOf(now) + 2 * MINUTE_MS };
}

/**
 * What a step's rows have brought since the last look. Each event is in one block, or is late. A look that is repeated
 * with the same watermark gives the same or more, so whoever keeps block and watermark in one write counts exactly once.
 * @param rows of one promotion, all that `minutesToRead` names; those of other steps are left out
 * @param now milliseconds since 1970-01-01T00:00Z
 * @param early whether minutes that have not settled count too, with what they have: for plans whose steps take seconds,
 *   at every look of a step or at none
 */
export function foldMinutes(
  rows: readonly MinuteRow[],
  before: Watermark,
  { now, early }: { readonly now: number; readonly early: boolean },
): Fold {
  const settledBefore = Math.max(before.settledBefore, minuteOf(now - SETTLE_MS));
  const ofStep = rows.filter((row) => row.step === before.step);
  const fresh = ofStep.filter(
    ({ minute }) => minute >= before.settledBefore && (early || minute < settledBefore),
  );
  const counted = blockSince(blockOfRows(fresh), before.unsettled);
  const seen: Watermark['seen'] = { ...before.seen };
  const firsts = new Map<FirstEvent, number>();
  for (const event of FIRST_EVENTS) {
    const lists = fresh
      .flatMap((row) => accountsOf(row, event) ?? [])
      .map(({ hashes }) => hashesOfText(hashes));
    const known = hashesOfText(before.seen[event] ?? '');
    const first = firstOnes(
      known,
      lists.map((hashes) => ({ hashes, others: 0 })),
    );
    firsts.set(event, first.count);
    if (first.count > 0) seen[event] = hashesToText(first.seen);
  }
  const totals = totalsByMinute(ofStep);
  return {
    block: withFirsts(counted, (event, others) => others + (firsts.get(event) ?? 0)),
    watermark: {
      ...before,
      settledBefore,
      unsettled: early ? blockOfRows(fresh.filter(({ minute }) => minute >= settledBefore)) : EMPTY_BLOCK,
      settled: [...totals].filter(([minute]) => isRecent(minute, settledBefore)),
      seen,
      late: before.late + lateOnes(before, totals),
    },
  };
}

function totalsByMinute(rows: readonly MinuteRow[]): Map<number, number> {
  const totals = new Map<number, number>();
  for (const row of rows) {
    const { champion, canary, pairs } = blockOfRow(row);
    totals.set(row.minute, (totals.get(row.minute) ?? 0) + champion.n + canary.n + pairs.n);
  }
  return totals;
}

/** Whether a minute is one of the last settled ones. */
function isRecent(minute: number, settledBefore: number): boolean {
  return minute < settledBefore && minute >= settledBefore - LATE_MINUTES * MINUTE_MS;
}

/** Events of the last settled minutes that they did not have when they settled, or at the look after. */
function lateOnes({ settled, settledBefore }: Watermark, totals: ReadonlyMap<number, number>): number {
  const then = new Map(settled);
  let late = 0;
  for (const [minute, total] of totals) {
    if (isRecent(minute, settledBefore)) late += total - (then.get(minute) ?? 0);
  }
  return late;
}
