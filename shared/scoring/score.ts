import type { CheckedRow } from '../features/compile.ts';
import { Failure, messageOf, type Problem } from '../failure.ts';
import { isModelName, versionSchema } from '../registry/rows.ts';
import { decide, type Decision } from './decide.ts';
import { featureSlabs } from './feature-slab.ts';
import type { LoadedModel } from './load-model.ts';
import type { Recording, Turn } from './recorder.ts';
import type { Serving } from './serving.ts';

const takeFeatures = featureSlabs();

/** The most transactions of one request. */
export const MAX_TRANSACTIONS = 1_000;

/** One row of a request, with the JSON Pointer under which its problems are reported. */
export interface RowAt {
  readonly row: unknown;
  readonly path: string;
}

export interface Prediction {
  readonly predictionId: string;
  readonly transactionId?: string;
  readonly model: string;
  readonly version: string;
  readonly variant: 'champion' | 'canary';
  readonly score: number;
  readonly decision: Decision;
  readonly warnings?: readonly string[];
}

export interface ScoringParts {
  readonly serving: Serving;
  readonly recorder: Recording;
  /** A new UUIDv7. */
  readonly newId: () => string;
  /** Monotonic milliseconds. */
  readonly now: () => number;
}

/** A row that the contract accepted. */
interface Accepted {
  readonly id: string;
  readonly row: CheckedRow;
  readonly transactionId: string | undefined;
  readonly warnings: readonly string[];
}

const NOT_ON_RECORD = 'This prediction could not be put on record';

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
    const accepted = accept(parts, loaded, rows, features);
    return await scoreAccepted(parts, loaded, pinned !== undefined, accepted, features, turn);
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

/** Checks every row and writes its features. @throws Failure `invalid` with every problem of every row */
function accept(
  parts: ScoringParts,
  { contract }: LoadedModel,
  rows: readonly RowAt[],
  features: Float32Array,
): Accepted[] {
  const problems: Problem[] = [];
  const accepted: Accepted[] = [];
  for (const [index, { row, path }] of rows.entries()) {
    const result = contract.check(row, path);
    if (!result.ok) {
      problems.push(...result.problems);
      continue;
    }
    contract.write(result.row, features, index * contract.width);
    const transactionId = contract.id(result.row);
    accepted.push({ id: parts.newId(), row: result.row, transactionId, warnings: result.warnings });
  }
  if (problems.length > 0) throw new Failure('invalid', refusal(problems.length, rows.length), { problems });
  return accepted;
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
  let scores: Float32Array;
  try {
    scores = await loaded.scorer.score(features, accepted.length);
  } catch (error) {
    const failed = { code: 'scoring-failed', message: messageOf(error) };
    await turn.append(
      accepted.map((one, index) => recorder.event(loaded, { ...common(one, index), error: failed })),
    );
    throw new Failure('unavailable', `Version ${loaded.version} of '${loaded.model}' could not score`, {
      cause: error,
    });
  }
  const { policy } = contract.contract;
  const decided = accepted.map((one, index) => {
    const score = scores[index];
    if (score === undefined) throw new Error('The scorer gave fewer scores than it was given rows');
    return { one, score, decision: decide(score, policy) };
  });
  const outcome = await turn.append(
    decided.map(({ one, score, decision }, index) =>
      recorder.event(loaded, { ...common(one, index), score, decision }),
    ),
  );
  const extra = outcome === 'lost' ? [NOT_ON_RECORD] : [];
  return decided.map(({ one, score, decision }) => {
    const warnings = extra.length === 0 ? one.warnings : [...one.warnings, ...extra];
    return {
      predictionId: one.id,
      ...(one.transactionId === undefined ? {} : { transactionId: one.transactionId }),
      model: loaded.model,
      version: loaded.version,
      variant: 'champion',
      score,
      decision,
      ...(warnings.length === 0 ? {} : { warnings }),
    };
  });
}

function refusal(problems: number, rows: number): string {
  const where = rows === 1 ? 'the transaction' : `the ${rows} transactions`;
  return `${problems === 1 ? 'One value' : `${problems} values`} of ${where} cannot be used; nothing was scored`;
}
