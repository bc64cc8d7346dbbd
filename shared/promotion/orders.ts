import { Failure } from '../failure.ts';
import { isModelName, promotionIdSchema, type TrafficRow } from '../registry/rows.ts';
import type { Traffic } from '../registry/registry.ts';
import { rollBack, type Transition } from '../registry/traffic.ts';
import { changePromotion, copyOrReport } from './change-promotion.ts';
import { answerCommand, type PromotionCommand } from './command.ts';
import { evolve } from './evolve.ts';
import { holdTraffic } from './hold-traffic.ts';
import type { PromotionParts } from './parts.ts';
import { changeOf, type PromotionRow } from './record.ts';

/**
 * Carries out what a person asks of a promotion: the document says so first, with who and why, and traffic that is to be
 * returned is returned at once.
 * @throws Failure `not-found`, `conflict`, `forbidden` for approving one's own request, `unavailable`
 */
export async function orderPromotion(
  parts: PromotionParts,
  model: string,
  promotionId: string,
  command: PromotionCommand,
): Promise<PromotionRow> {
  if (!isModelName(model) || !promotionIdSchema.safeParse(promotionId).success)
    throw new Failure('not-found', 'There is no such promotion');
  const { row } = await changePromotion(parts, model, promotionId, (found) =>
    ordered(found, command, parts.time()),
  );
  if (command.kind !== 'approve') {
    const isHeld = ({ claim }: TrafficRow) => claim?.promotionId === promotionId;
    await despiteTheCopy(parts, model, isHeld, () => holdTraffic(parts.registry, row, parts.time()));
  }
  await copyOrReport(parts, row);
  return row;
}

/**
 * Returns all traffic to the champion before the candidate: a running promotion ends, and after a completed one its
 * champion loses its place. Needs Cosmos DB alone.
 * @returns the traffic as it is then, and the promotion that this was about
 * @throws Failure `not-found`, `conflict` where there is nothing to return to, `unavailable`
 */
export async function rollBackModel(
  parts: PromotionParts,
  model: string,
  { by, reason }: { readonly by: string; readonly reason: string },
): Promise<{ readonly traffic: Traffic; readonly promotionId: string }> {
  const before = await readTraffic(parts, model);
  // Settled here: once this promotion is undone, the one before it must not be undone too.
  const promotionId = before.row.claim?.promotionId ?? before.row.previousChampion?.promotionId;
  if (promotionId === undefined)
    throw new Failure('conflict', `There is no champion of '${model}' to return to`);
  const recorded = await recordRollback(parts, model, promotionId, { by, reason });
  const undo = undoing(promotionId, rollBack({ at: new Date(parts.time()), by }));
  const isDone = (row: TrafficRow) => undo(row).kind === 'unchanged';
  const change = await despiteTheCopy(
    parts,
    model,
    (row) => !isDone(row),
    () => parts.registry.changeTraffic(model, undo),
  );
  if (change?.kind === 'refused')
    throw new Failure('conflict', `The traffic cannot be rolled back: ${change.reason}`);
  if (recorded !== undefined) await copyOrReport(parts, recorded);
  return { traffic: change?.traffic ?? (await readTraffic(parts, model)), promotionId };
}

/** Applies a transition to traffic that this promotion has changed, and to no other. */
function undoing(promotionId: string, transition: Transition): Transition {
  return (row) => {
    const wasLast = row.previousChampion?.promotionId === promotionId;
    if (row.claim?.promotionId === promotionId || (row.claim === null && wasLast)) return transition(row);
    if (!wasLast || row.claim === null) return { kind: 'unchanged' };
    return { kind: 'refused', reason: `promotion ${row.claim.promotionId} has started meanwhile` };
  };
}

/** Writes a rollback to the document of the promotion that it undoes; undefined where there is none. */
async function recordRollback(
  parts: PromotionParts,
  model: string,
  promotionId: string,
  { by, reason }: { readonly by: string; readonly reason: string },
): Promise<PromotionRow | undefined> {
  if ((await parts.store.read(model, promotionId)) === undefined) return undefined;
  const command = { kind: 'rollback', by, reason } as const;
  const { row } = await changePromotion(parts, model, promotionId, (found) => {
    const at = parts.time();
    // It has ended otherwise, and only the traffic has yet to follow: there is nothing to add.
    return answerCommand(found.state, command, at).accepted ? ordered(found, command, at) : undefined;
  });
  return row;
}

function ordered(row: PromotionRow, command: PromotionCommand, at: number): PromotionRow {
  const answer = answerCommand(row.state, command, at);
  if (!answer.accepted) throw new Failure(answer.why, answer.message);
  const { kind, by } = command;
  const why = command.reason === undefined ? {} : { reason: command.reason };
  const state = evolve(row.state, answer.event);
  // A promotion that is over stays what it came to, also where its traffic is taken back.
  const since = kind === 'rollback' ? ({ phase: 'rolled-back', percent: 0 } as const) : state.situation;
  return {
    ...row,
    state,
    commands: [...row.commands, { at: new Date(at).toISOString(), kind, by, ...why }],
    changes: [...row.changes, changeOf(at, by, textOf(row, command), since)],
  };
}

function textOf({ champion }: PromotionRow, command: PromotionCommand): string {
  switch (command.kind) {
    case 'approve':
      return command.reason === undefined ? 'approved' : `approved: ${command.reason}`;
    case 'abort':
      return `aborted, all traffic back to version ${champion}: ${command.reason}`;
    case 'rollback':
      return `rolled back, all traffic back to version ${champion}: ${command.reason}`;
  }
}

/**
 * Makes a change of the traffic that counts once the row has it: where its copy in Blob then fails, the next change, or
 * the promotion's next check, brings that up to date.
 * @param isMissing whether a row does not have the change
 * @returns undefined where the change was made and the copy was not
 */
async function despiteTheCopy<T>(
  parts: PromotionParts,
  model: string,
  isMissing: (row: TrafficRow) => boolean,
  change: () => Promise<T>,
): Promise<T | undefined> {
  try {
    return await change();
  } catch (error) {
    const traffic = await parts.registry.traffic(model);
    if (traffic === undefined || isMissing(traffic.row)) throw error;
    parts.report(`The copy of the traffic of '${model}' could not be written`, error);
    return undefined;
  }
}

async function readTraffic({ registry }: PromotionParts, model: string): Promise<Traffic> {
  const traffic = isModelName(model) ? await registry.traffic(model) : undefined;
  if (traffic === undefined) throw new Failure('not-found', 'There is no model of that name');
  return traffic;
}
