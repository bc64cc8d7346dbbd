import { Failure } from '../failure.ts';
import { isModelName, versionSchema } from '../registry/rows.ts';
import { type Accepted, accept, type RowAt } from './accept.ts';
import { decide } from './decide.ts';
import { featureSlabs } from './feature-slab.ts';
import type { LoadedModel } from './load-model.ts';
import { type Prediction, predictionOf } from './prediction.ts';
import type { TimedScores } from '../onnx/scorer.ts';
import type { Recording, Turn } from './recorder.ts';
import { couldNotScore, scoreAt, scoringFailed } from './scoring-failure.ts';
import { scorePromoted } from './score-promoted.ts';
import type { Serving } from './serving.ts';
import type { Shadowing } from './shadow.ts';

const takeFeatures = featureSlabs();

/** The most transactions of one request. */
export const MAX_TRANSACTIONS = 1_000;

export interface ScoringParts {
  readonly serving: Serving;
  readonly recorder: Recording;
  /** A new UUIDv7. */
  readonly newId: () => string;
  /** Monotonic milliseconds. */
  readonly now: () => number;
  readonly shadow: Shadowing;
}

/**
 * Scores rows with the version that serves the model, or with the one that the caller pinned, and puts the predictions
 * on record before they are given out.
 * @param rows 1 to `MAX_TRANSACTIONS` rows; one bad row refuses all
 * @returns predictions in the order of the rows
 * @throws Failure `invalid` with every problem of every row, `not-found`, `unavailable`
 */
export async function scoreRows(
  parts: ScoringParts,
  model: string,
  pinned: string | undefined,
  rows: readonly RowAt[],
): Promise<Prediction[]> {
  const turn = parts.recorder.enter();
  try {
    const loaded = await versionFor(parts.serving, model, pinned);
    const features = takeFeatures(rows.length * loaded.contract.width);
    // No await from here on until the rows are handed to the scorers.
    const accepted = accept(loaded.contract, rows, features, parts.newId);
    const promotion = pinned === undefined ? parts.serving.promotion(model) : undefined;
    return promotion === undefined
      ? await scoreAccepted(parts, loaded, pinned !== undefined, accepted, features, turn)
      : await scorePromoted(parts, loaded, promotion, { rows, accepted, features }, turn);
  } finally {
    turn.leave();
  }
}

async function versionFor(serving: Serving, model: string, pinned: string | undefined): Promise<LoadedModel> {
  if (!isModelName(model)) throw new Failure('not-found', 'There is no model of that name');
  if (pinned === undefined) return serving.champion(model);
  if (!versionSchema.safeParse(pinned).success) {
    throw new Failure('invalid', 'x-tollgate-version is not a version (digits, from "1")');
  }
  return serving.pinned(model, pinned);
}

async function scoreAccepted(
  { recorder, now }: ScoringParts,
  loaded: LoadedModel,
  pinned: boolean,
  accepted: readonly Accepted[],
  features: Float32Array,
  turn: Turn,
): Promise<Prediction[]> {
  const { contract } = loaded;
  const started = now();
  const common = (one: Accepted, index: number) => ({
    id: one.id,
    transactionId: one.transactionId,
    variant: 'champion' as const,
    pinned,
    row: one.row,
    features,
    offset: index * contract.width,
    latencyMs: now() - started,
  });
  let timed: TimedScores;
  try {
    timed = await loaded.scorer.timed(features, accepted.length);
  } catch (error) {
    const failed = scoringFailed(error);
    await turn.append(
      accepted.map((one, index) => recorder.event(loaded, { ...common(one, index), error: failed })),
    );
    throw couldNotScore(loaded, error);
  }
  const { scores, rowMs } = timed;
  const { policy } = contract.contract;
  const decided = accepted.map((one, index) => {
    const score = scoreAt(scores, index);
    return { one, score, decision: decide(score, policy) };
  });
  const outcome = await turn.append(
    decided.map(({ one, score, decision }, index) =>
      recorder.event(loaded, { ...common(one, index), score, decision, modelMs: rowMs }),
    ),
  );
  return decided.map((one) => predictionOf(one, loaded, 'champion', outcome !== 'lost'));
}
