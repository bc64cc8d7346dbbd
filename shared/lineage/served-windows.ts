import { z } from 'zod';
import type { PromotionView } from '../promotion/view.ts';
import { promotionIdSchema } from '../registry/rows.ts';

/** Predictions that a version served, by the time at which they were made: `[from, to)`; without an end it goes on. */
export const servedWindowSchema = z.object({
  from: z.iso.datetime(),
  to: z.iso.datetime().optional(),
  variant: z.enum(['champion', 'canary']),
  percent: z.number().meta({ description: 'Of the accounts, those whose predictions it served' }),
  promotionId: promotionIdSchema
    .optional()
    .meta({ description: "Through which it had that; absent for a model's first version" }),
});
export type ServedWindow = z.infer<typeof servedWindowSchema>;

/** What is on record of a model's traffic. */
export interface TrafficFacts {
  /** Every promotion of the model, oldest first. */
  readonly promotions: readonly Pick<PromotionView, 'promotionId' | 'version' | 'champion' | 'changes'>[];
  /** Of the traffic row. */
  readonly champion: string;
}

interface Turn {
  readonly champion: string;
  /** Which promotion made it champion. */
  readonly by: string | undefined;
  readonly canary?: { readonly version: string; readonly percent: number; readonly by: string };
}

/**
 * When a version had traffic, and how much of it, as the documents of the promotions say: the traffic follows them at
 * once. Requests that pin a version are not of these windows.
 * @param version with the time at which it was registered: the first version served from then on
 */
export function servedWindows(
  { version, createdAt }: { readonly version: string; readonly createdAt: string },
  { promotions, champion }: TrafficFacts,
): ServedWindow[] {
  const first = { champion: promotions[0]?.champion ?? champion, by: undefined };
  const turns = [{ at: createdAt, turn: first }, ...turnsOf(first, promotions)];
  const windows: ServedWindow[] = [];
  let open: Omit<ServedWindow, 'to'> | undefined;
  for (const { at, turn } of turns) {
    const share = shareOf(version, turn);
    if (isSame(open, share)) continue;
    if (open !== undefined) windows.push({ ...open, to: at });
    open = share && { from: at, ...share };
  }
  if (open !== undefined) windows.push(open);
  return windows;
}

type Share = Pick<ServedWindow, 'variant' | 'percent' | 'promotionId'>;

function shareOf(version: string, { champion, by, canary }: Turn): Share | undefined {
  if (canary?.version === version)
    return { variant: 'canary', percent: canary.percent, promotionId: canary.by };
  const percent = 100 - (canary?.percent ?? 0);
  if (champion !== version || percent === 0) return undefined;
  return { variant: 'champion', percent, ...(by === undefined ? {} : { promotionId: by }) };
}

function isSame(one: Share | undefined, other: Share | undefined): boolean {
  return (
    one?.variant === other?.variant &&
    one?.percent === other?.percent &&
    one?.promotionId === other?.promotionId
  );
}

/** Who had the traffic from when on. */
function turnsOf(first: Turn, promotions: TrafficFacts['promotions']): { at: string; turn: Turn }[] {
  const madeBy = new Map<string, string>();
  const changes = promotions
    .flatMap((promotion) => promotion.changes.map((change) => ({ promotion, ...change })))
    .toSorted((one, other) => Date.parse(one.at) - Date.parse(other.at));
  let turn = first;
  return changes.flatMap(({ promotion, at, phase, percent }) => {
    if (phase === undefined || percent === undefined) return [];
    const { promotionId: by, version, champion } = promotion;
    const { canary, ...rest } = turn;
    const others = canary === undefined || canary.by === by ? rest : turn;
    if (phase === 'promoted') {
      madeBy.set(version, by);
      turn = { champion: version, by };
    } else if (percent > 0) {
      turn = { ...rest, canary: { version, percent, by } };
    } else {
      // Where it had made its candidate champion, the one before has its place again.
      turn = rest.by === by ? { champion, by: madeBy.get(champion) } : others;
    }
    return [{ at, turn }];
  });
}
