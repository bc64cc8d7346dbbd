import { z } from 'zod';
import type { App } from '../shared/app.ts';
import { messageOf } from '../shared/failure.ts';
import type { PromotionRow } from '../shared/promotion/record.ts';
import { isOver } from '../shared/promotion/state.ts';
import { readModelFiles } from '../shared/registry/model-folder.ts';
import { type TrafficRow, trafficRowSchema } from '../shared/registry/rows.ts';

/** More than a crash run makes. */
const MOST_PROMOTIONS = 1_000;

/** Where versions, traffic and promotions are. */
export interface PromotionStores extends Pick<App, 'registry' | 'models'> {
  readonly promotions: Pick<App['promotions'], 'store'>;
}

/** A model's traffic and its promotions, newest first, as they were read one after the other. */
export interface PromotionSnapshot {
  readonly traffic: TrafficRow;
  readonly promotions: readonly PromotionRow[];
}

/** @throws Error where a document can no longer be read */
export async function promotionSnapshot(app: PromotionStores, model: string): Promise<PromotionSnapshot> {
  const traffic = await app.registry.traffic(model);
  if (traffic === undefined) throw new Error(`The traffic of '${model}' is gone`);
  const promotions = await app.promotions.store.list(model, MOST_PROMOTIONS, undefined);
  return { traffic: traffic.row, promotions };
}

/** What must hold at every moment: every version that the traffic names is there as a whole. */
export async function faultsOfVersions(
  app: PromotionStores,
  { traffic }: PromotionSnapshot,
): Promise<string[]> {
  const { champion, canary, shadow, claim, previousChampion } = traffic;
  const named = { champion, canary, shadow, previousChampion, claim: claim && { version: claim.candidate } };
  const faults: string[] = [];
  for (const [role, one] of Object.entries(named)) {
    if (one === null) continue;
    const row = await app.registry.version(traffic.model, one.version);
    if (row === undefined) faults.push(`the traffic names version ${one.version} (${role}), which is gone`);
    else {
      const unread = await readModelFiles(app.models, row).then(() => undefined, messageOf);
      if (unread !== undefined) faults.push(`version ${one.version} (${role}) cannot be loaded: ${unread}`);
    }
  }
  return faults;
}

/**
 * What must hold whenever nobody is in the middle of a change: traffic and promotions say the same.
 * @param first the champion before the first promotion
 */
export function faultsOfAgreement({ traffic, promotions }: PromotionSnapshot, first: string): string[] {
  const { champion, canary, shadow, claim } = traffic;
  const faults: string[] = [];
  for (const [role, one] of Object.entries({ canary, shadow })) {
    if (one === null) continue;
    if (one.promotionId !== claim?.promotionId || one.version !== claim.candidate)
      faults.push(
        `version ${one.version} (${role}) has traffic that promotion ${one.promotionId} does not hold`,
      );
  }
  const running = promotions.filter(({ state }) => !isOver(state));
  for (const { promotionId, state } of running) {
    const { phase } = state.situation;
    if (claim?.promotionId !== promotionId)
      faults.push(`promotion ${promotionId} is in phase ${phase} and holds nothing`);
  }
  const promoted = promotions.find(({ state }) => state.situation.phase === 'promoted');
  const expected = promoted?.version ?? first;
  if (champion.version !== expected)
    faults.push(`the champion is ${champion.version}, the promotions came to ${expected}`);
  return faults;
}

/** What must hold once nothing runs any more. */
export async function faultsOfRest(
  app: PromotionStores,
  { traffic, promotions }: PromotionSnapshot,
): Promise<string[]> {
  const { model, claim, canary, shadow, epoch } = traffic;
  const faults = promotions
    .filter(({ state }) => !isOver(state))
    .map(({ promotionId, state }) => `promotion ${promotionId} is still in phase ${state.situation.phase}`);
  if (claim !== null) faults.push(`promotion ${claim.promotionId} still holds the claim`);
  if (canary !== null || shadow !== null) faults.push('a version that is not champion still has traffic');
  const copy = trafficRowSchema.safeParse(await readJson(app, `${model}/traffic.json`));
  if (copy.data?.epoch !== epoch)
    faults.push(`the copy of the traffic is of epoch ${copy.data?.epoch}, not ${epoch}`);
  for (const { promotionId, revision, state } of promotions) {
    const kept = copySchema.safeParse(await readJson(app, `${model}/promotions/${promotionId}.json`));
    if (kept.data?.revision !== revision)
      faults.push(`the copy of promotion ${promotionId} (${state.situation.phase}) is not the newest`);
  }
  return faults;
}

const copySchema = z.object({ revision: z.int() });

async function readJson(app: PromotionStores, path: string): Promise<unknown> {
  const bytes = await app.models.read(path);
  return bytes === undefined ? undefined : JSON.parse(Buffer.from(bytes).toString('utf8'));
}
