import { type Attributes, type Telemetry } from '../telemetry.ts';
import { TELEMETRY_ATTRIBUTES as NAMED, TELEMETRY_EVENTS } from '../telemetry-names.ts';
import type { PromotionRow } from './record.ts';
import { isOver, type Situation } from './state.ts';

/** What a person wrote may name somebody, so it stays in the record. */
const BY_REQUEST = 'somebody asked for it: see its record';

/**
 * Tells telemetry what a write of a promotion's document means, where that is news.
 * @param before undefined for a promotion that begins
 */
export function tellOfPromotion(
  telemetry: Pick<Telemetry, 'event'>,
  before: PromotionRow | undefined,
  after: PromotionRow,
): void {
  const { situation } = after.state;
  const { phase } = situation;
  const facts = { ...namesOf(after), [NAMED.phase]: phase };
  if (before === undefined) telemetry.event(TELEMETRY_EVENTS.promotionStarted, facts);
  else if (isOver(after.state) && !isOver(before.state))
    telemetry.event(TELEMETRY_EVENTS.promotionEnded, { ...facts, [NAMED.reason]: reasonOf(situation) });
  else if (isUndone(before, after))
    telemetry.event(TELEMETRY_EVENTS.promotionEnded, {
      ...facts,
      [NAMED.phase]: 'rolled-back',
      [NAMED.reason]: BY_REQUEST,
    });
  else if (phase === 'awaiting-approval' && before.state.situation.phase !== phase)
    telemetry.event(TELEMETRY_EVENTS.promotionWaiting, { ...facts, [NAMED.reason]: reasonOf(situation) });
}

/** Whether a promotion that was over has its traffic taken back. */
function isUndone(before: PromotionRow, after: PromotionRow): boolean {
  return after.changes.length > before.changes.length && after.changes.at(-1)?.phase === 'rolled-back';
}

function namesOf({ model, version, promotionId }: PromotionRow): Attributes {
  return { [NAMED.model]: model, [NAMED.version]: version, [NAMED.promotionId]: promotionId };
}

/** What the app itself found. */
function reasonOf(situation: Situation): string {
  if ('gate' in situation && situation.gate !== undefined) return `${situation.gate}: ${situation.reason}`;
  if ('by' in situation && situation.by !== undefined) return BY_REQUEST;
  return 'reason' in situation ? situation.reason : 'all gates have passed';
}
