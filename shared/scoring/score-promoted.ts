import { Failure } from '../failure.ts';
import type { RunningPromotion } from '../registry/assignment.ts';
import { type AcceptedRows, type Outcome, scoreArms, type Seat, seatOf } from './arms.ts';
import { type Decision, decide } from './decide.ts';
import type { LoadedModel } from './load-model.ts';
import { type Prediction, predictionOf } from './prediction.ts';
import { readAgain } from './read-again.ts';
import type { Turn } from './recorder.ts';
import type { ScoringParts } from './score.ts';
import { couldNotScore, scoringFailed } from './scoring-failure.ts';
import type { ServedRow } from './shadow.ts';

/**
 * Scores rows while a promotion runs: each by champion or canary as it is assigned, and, beside the reply, once more by
 * the other one where the shadow is on.
 * @returns predictions in the order of the rows
 * @throws Failure `unavailable` where the champion failed; the candidate never makes a request fail
 */
export async function scorePromoted(
  parts: ScoringParts,
  champion: LoadedModel,
  promotion: RunningPromotion,
  request: AcceptedRows,
  turn: Turn,
): Promise<Prediction[]> {
  const { recorder, now, serving } = parts;
  const started = now();
  const { promotionId, step } = promotion;
  const isOn = promotion.canaryBuckets > 0 || promotion.shadow;
  const candidate = isOn ? serving.candidate(champion.model, promotion.candidate) : undefined;
  const seats = request.accepted.map((one) => seatOf(promotion, champion, one));
  const common = ({ accountHash }: Seat) => ({
    promotionId,
    step,
    accountHash,
    pinned: false,
    latencyMs: now() - started,
  });

  let outcomes: Outcome[];
  try {
    outcomes = await scoreArms(champion, promotion.candidate, candidate, seats, request);
  } catch (error) {
    const { accepted, features } = request;
    const failed = scoringFailed(error);
    const events = accepted.map(({ id, transactionId, row }, index) => {
      const facts = { id, transactionId, row, features, offset: index * champion.contract.width };
      return recorder.event(champion, {
        ...common(seatAt(seats, index)),
        ...facts,
        variant: 'champion',
        error: failed,
      });
    });
    await turn.append(events);
    throw couldNotScore(champion, error);
  }

  const decided = outcomes.map((outcome) => ({
    ...outcome,
    decision: decide(outcome.score, outcome.loaded.contract.contract.policy),
  }));
  const events = decided.map(({ loaded, one, rowMs, ...facts }, index) => {
    const seat = seatAt(seats, index);
    const isCompared = seat.isCompared && seat.isCanary === (facts.variant === 'canary');
    return recorder.event(loaded, {
      ...common(seat),
      ...facts,
      id: one.id,
      transactionId: one.transactionId,
      row: one.row,
      modelMs: isCompared ? rowMs : undefined,
    });
  });
  const outcome = await turn.append(events);
  for (const [index, one] of decided.entries()) {
    scoreAgain(parts, promotion, champion, candidate, request, one, seatAt(seats, index), index);
  }
  return decided.map((one) => predictionOf(one, one.loaded, one.variant, outcome !== 'lost'));
}

/** Gives a served row to the shadow, for the version that did not serve it. */
function scoreAgain(
  { shadow }: ScoringParts,
  promotion: RunningPromotion,
  champion: LoadedModel,
  candidate: LoadedModel | Failure | undefined,
  { rows, accepted }: AcceptedRows,
  outcome: Outcome & { readonly decision: Decision },
  { accountHash }: Seat,
  index: number,
): void {
  const { loaded, variant, score, decision, rowMs } = outcome;
  const { promotionId, step } = promotion;
  const one = accepted[index];
  const raw = rows[index];
  if (one === undefined || raw === undefined) return;
  const served: ServedRow = {
    predictionId: one.id,
    model: champion.model,
    promotionId,
    step,
    accountHash,
    served: variant,
    side: { version: loaded.version, score, decision, latencyMs: rowMs },
  };
  if (variant === 'canary') shadow.submit(served, champion, one.row);
  else if (!promotion.shadow || outcome.fallback !== undefined || candidate === undefined) return;
  else if (candidate instanceof Failure) shadow.submitFailed(served, promotion.candidate, candidate.message);
  else {
    const read = readAgain(one, raw, champion, candidate);
    if (typeof read === 'string') shadow.submitFailed(served, promotion.candidate, read);
    else shadow.submit(served, candidate, read.row);
  }
}

function seatAt(seats: readonly Seat[], index: number): Seat {
  const seat = seats[index];
  if (seat === undefined) throw new Error('There are fewer seats than rows');
  return seat;
}
