import { Failure, messageOf } from '../failure.ts';
import { MINUTE_MS } from '../rollups/minute-row.ts';
import type { RollupRows } from '../rollups/ports.ts';
import { readRequestCounts } from '../rollups/read.ts';
import { isModelName, type VersionRow } from '../registry/rows.ts';
import { claim } from '../registry/traffic.ts';
import type { StartRequest } from './bodies.ts';
import { abandonPromotion, copyOrReport } from './change-promotion.ts';
import type { Orchestrations, PromotionParts } from './parts.ts';
import { planFindings, type Traffic } from './plan-advice.ts';
import { DEFAULT_PLAN, type Plan } from './plan.ts';
import { beginRecord } from './record.ts';

export interface Started {
  readonly promotionId: string;
  readonly warnings: readonly string[];
}

const DAY_MINUTES = 1_440;
/** How long a claim is valid before the first check renews it: the start of an orchestration, on a host that is cold. */
const CLAIM_MS = 30_000;

/**
 * Starts the promotion of a version: takes the claim, writes the document, and starts the orchestration, in this order.
 * What ends in between leaves a claim that the clean-up ends.
 * @throws Failure `not-found`, `conflict`, `invalid` for a plan that cannot work, `unavailable`
 */
export async function startPromotion(
  parts: PromotionParts,
  orchestrations: Orchestrations,
  model: string,
  { version, plan: asked, requestedBy }: StartRequest,
): Promise<Started> {
  const candidate = await candidateOf(parts, model, version);
  const plan = asked ?? (await planOfFolder(parts, candidate)) ?? DEFAULT_PLAN;
  if (plan.approval !== 'none' && requestedBy === undefined) throw approverUnknown();
  const warnings = await warningsOf(parts.rollups, model, plan, parts.time());
  const promotionId = parts.newId();
  try {
    await record(parts, promotionId, candidate, { plan, requestedBy });
    await orchestrations.start(model, promotionId);
  } catch (error) {
    if (error instanceof Failure && error.kind === 'conflict') throw error;
    // Whatever was done of it is undone, now or by the clean-up: nothing runs that the caller does not know of.
    await abandonPromotion(parts, model, promotionId, 'it could not be started').catch((undone: unknown) =>
      parts.report(`Promotion ${promotionId} is left to the clean-up`, undone),
    );
    throw new Failure('unavailable', 'The promotion could not be started', { cause: error });
  }
  return { promotionId, warnings };
}

async function candidateOf(
  { registry }: PromotionParts,
  model: string,
  version: string,
): Promise<VersionRow> {
  const [traffic, candidate] = isModelName(model)
    ? await Promise.all([registry.traffic(model), registry.version(model, version)])
    : [];
  if (traffic === undefined) throw new Failure('not-found', 'There is no model of that name');
  if (candidate === undefined) throw new Failure('not-found', `There is no version ${version} of '${model}'`);
  if (candidate.state === 'rejected') throw new Failure('conflict', `Version ${version} was rejected`);
  return candidate;
}

async function planOfFolder({ planOf }: PromotionParts, candidate: VersionRow): Promise<Plan | undefined> {
  try {
    return await planOf(candidate);
  } catch (error) {
    if (error instanceof Failure && error.retryable) throw error;
    throw new Failure('conflict', `Version ${candidate.version} cannot serve: ${messageOf(error)}`, {
      cause: error,
    });
  }
}

function approverUnknown(): Failure {
  const message = 'is required where the plan asks for approval: somebody else has to give it';
  return new Failure('invalid', `/requestedBy ${message}`, { problems: [{ path: '/requestedBy', message }] });
}

/** Takes the claim, then writes the document. @throws Failure `conflict` where the claim is not to be had */
async function record(
  parts: PromotionParts,
  promotionId: string,
  { model, version }: VersionRow,
  { plan, requestedBy }: { readonly plan: Plan; readonly requestedBy: string | undefined },
): Promise<void> {
  const at = parts.time();
  const request = { promotionId, candidate: version, validUntil: new Date(at + CLAIM_MS) };
  const stamp = { at: new Date(at), by: `promotion ${promotionId}` };
  const change = await parts.registry.changeTraffic(model, claim(request, stamp));
  const { champion, claim: own } = change.traffic.row;
  if (change.kind === 'refused') throw new Failure('conflict', `It cannot be promoted now: ${change.reason}`);
  if (own?.promotionId !== promotionId) throw new Failure('conflict', 'It cannot be promoted now');
  const facts = { model, promotionId, version, champion: champion.version, epoch: own.epoch, at };
  const { row } = await parts.store.create(beginRecord({ ...facts, plan, requestedBy }));
  await copyOrReport(parts, row);
}

/**
 * What the plan is weak at with the traffic that was recorded.
 * @throws Failure `invalid` where a day of traffic shows that it cannot work
 */
async function warningsOf(
  rollups: RollupRows,
  model: string,
  plan: Plan,
  now: number,
): Promise<readonly string[]> {
  const { traffic, isWholeDay } = await recordedTraffic(rollups, model, now);
  if (traffic === undefined) {
    if (!isWholeDay)
      return ['no traffic is on record: whether the plan can reach its minimum samples is not known'];
    throw notWorkable([
      'no request was recorded in the last 24 hours: the plan cannot reach its minimum samples',
    ]);
  }
  const { problems, warnings } = planFindings(plan, traffic);
  if (!isWholeDay) return [...problems, ...warnings];
  if (problems.length > 0) throw notWorkable(problems);
  return warnings;
}

function notWorkable(problems: readonly string[]): Failure {
  return new Failure('invalid', `The plan can't work: ${problems.join('; ')}`, {
    problems: problems.map((message) => ({ path: '/plan', message })),
  });
}

/** The traffic of the last 24 hours, or of as many minutes as there are on record; undefined where there was none. */
async function recordedTraffic(
  rollups: RollupRows,
  model: string,
  now: number,
): Promise<{ readonly traffic: Traffic | undefined; readonly isWholeDay: boolean }> {
  const dayAgo = now - DAY_MINUTES * MINUTE_MS;
  // An hour more, which tells whether the day is on record as a whole.
  const rows = await readRequestCounts(rollups, { model, from: dayAgo - 60 * MINUTE_MS, to: now });
  const isWholeDay = rows.some(({ minute }) => minute < dayAgo);
  const recent = rows.filter(({ minute }) => minute >= dayAgo);
  let [requests, answered, failed, first] = [0, 0, 0, now];
  for (const { variant, minute, counts } of recent) {
    const { ok, error, fallback } = counts;
    requests += ok + error + fallback;
    first = Math.min(first, minute);
    if (variant !== 'champion') continue;
    answered += ok;
    failed += error;
  }
  if (requests === 0) return { traffic: undefined, isWholeDay };
  const minutes = isWholeDay ? DAY_MINUTES : Math.max(1, (now - first) / MINUTE_MS);
  const errorRate = answered + failed === 0 ? 0 : failed / (answered + failed);
  return { traffic: { requestsPerMinute: requests / minutes, errorRate }, isWholeDay };
}
