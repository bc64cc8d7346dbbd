import { z } from 'zod';
import { Failure } from '../failure.ts';
import { modelNameSchema, promotionIdSchema } from '../registry/rows.ts';
import type { Traffic } from '../registry/registry.ts';
import { minutesToRead } from '../rollups/fold-minutes.ts';
import { readMinutes } from '../rollups/read.ts';
import { milliseconds } from './duration.ts';
import { evolve, type PromotionEvent } from './evolve.ts';
import { verdictSchema } from './gate.ts';
import { holdTraffic, restoreTraffic } from './hold-traffic.ts';
import { look } from './look.ts';
import type { PromotionParts } from './parts.ts';
import { changeOf, PHASES, type PromotionRow } from './record.ts';
import { isOver } from './state.ts';

/** What a promotion's orchestration is started with, and gives to each of its checks. */
export const promotionRefSchema = z.object({
  model: modelNameSchema,
  promotionId: promotionIdSchema,
  /** The trace of whoever started it; absent where telemetry was off. */
  traceparent: z.string().optional(),
});
export type PromotionRef = z.infer<typeof promotionRefSchema>;

export const checkResultSchema = z.object({
  /** There is nothing left to do. */
  done: z.boolean(),
  /** When to look again, in milliseconds from now. */
  afterMs: z.number().nonnegative(),
  /** Null for a promotion that was never recorded. */
  status: z
    .object({
      phase: z.enum(PHASES),
      step: z.int(),
      percent: z.number(),
      /** Of the last evaluation. */
      verdict: verdictSchema.optional(),
    })
    .nullable(),
});
export type CheckResult = z.infer<typeof checkResultSchema>;

/** Each lost race means that somebody else has made progress. */
const MAX_TRIES = 10;

/**
 * One look at a promotion: makes the traffic what its document says, takes in the new evidence, decides, writes that,
 * and makes the traffic follow. It may be repeated, run twice at once, come late, and end after any of its writes.
 * @throws Failure `unavailable`, where doing it again is safe
 */
export async function checkPromotion(
  parts: PromotionParts,
  { model, promotionId }: PromotionRef,
): Promise<CheckResult> {
  for (let tries = 0; tries < MAX_TRIES; tries += 1) {
    // In sequence: each try begins from what the one before has lost against
    const now = parts.time();
    // The claim before the document: whoever ends it has said so in the document first.
    const traffic = await parts.registry.traffic(model);
    const before = await parts.store.read(model, promotionId);
    if (before === undefined || traffic === undefined) return { done: true, afterMs: 0, status: null };
    const hold = await restoreTraffic(parts.registry, before.row, traffic, now);
    if (hold === 'stale') continue;
    if (isOver(before.row.state)) {
      await parts.store.copy(before.row);
      return resultOf(before.row);
    }
    const next =
      hold === 'lost' ? closeLost(before.row, traffic, now) : await lookNow(parts, before.row, now);
    const after = await parts.store.replace(before, next);
    if (after === undefined || (await holdTraffic(parts.registry, after.row, now)) !== 'held') continue;
    await parts.store.copy(after.row);
    return resultOf(after.row);
  }
  throw new Failure('unavailable', `Promotion ${promotionId} changes too fast to be looked at`);
}

async function lookNow(parts: PromotionParts, row: PromotionRow, now: number): Promise<PromotionRow> {
  const { model, promotionId, watermark } = row;
  const minutes = await readMinutes(parts.rollups, { model, promotionId, ...minutesToRead(watermark, now) });
  return look(row, minutes, now);
}

/** Ends a promotion whose claim somebody has taken away. */
function closeLost(row: PromotionRow, { row: traffic }: Traffic, at: number): PromotionRow {
  const by = traffic.changedBy;
  const reason = 'the traffic was taken away from the promotion';
  const watched = row.state.situation.phase === 'promoted';
  const kept = watched && traffic.champion.version === row.version;
  const event: PromotionEvent = kept
    ? { kind: 'watch-ended', at }
    : { kind: watched ? 'rolled-back' : 'aborted', at, by, reason };
  const state = evolve(row.state, event);
  return { ...row, state, changes: [...row.changes, changeOf(at, by, reason, state.situation)] };
}

function resultOf({ state, evaluations }: PromotionRow): CheckResult {
  const { phase, step, percent } = state.situation;
  const verdict = evaluations.at(-1)?.verdict;
  return {
    done: isOver(state),
    afterMs: milliseconds(state.plan.checkEvery),
    status: { phase, step, percent, ...(verdict === undefined ? {} : { verdict }) },
  };
}
