import type { Variant } from '../events/prediction-event.ts';
import { Failure } from '../failure.ts';
import { assignmentHash, BUCKETS, bucketOf, type RunningPromotion } from '../registry/assignment.ts';
import type { Accepted, RowAt } from './accept.ts';
import { featureSlabs } from './feature-slab.ts';
import type { LoadedModel } from './load-model.ts';
import { readAgain } from './read-again.ts';
import { scoreEach } from './score-each.ts';
import { scoreAt } from './scoring-failure.ts';

const takeFeatures = featureSlabs();

/** The rows of a request as the champion's contract accepted them, and its features of all of them, row-major. */
export interface AcceptedRows {
  readonly rows: readonly RowAt[];
  readonly accepted: readonly Accepted[];
  readonly features: Float32Array;
}

/** Where a row belongs within a promotion. */
export interface Seat {
  /** Undefined for a row without the entity, which is assigned by its prediction id. */
  readonly accountHash: number | undefined;
  readonly isCanary: boolean;
  /** Whether its run time is compared: see `comparedBuckets`. */
  readonly isCompared: boolean;
}

/** A row that was scored. */
export interface Outcome {
  readonly loaded: LoadedModel;
  readonly variant: Variant;
  /** As the contract of `loaded` accepted it. */
  readonly one: Accepted;
  /** Holds the row's features from `offset` on. */
  readonly features: Float32Array;
  readonly offset: number;
  readonly score: number;
  readonly rowMs: number;
  readonly fallback?: Fallback | undefined;
}

export interface Fallback {
  readonly version: string;
  readonly error: string;
}

export function seatOf(promotion: RunningPromotion, { contract }: LoadedModel, one: Accepted): Seat {
  const { seed, canaryBuckets, comparedBuckets } = promotion;
  const entity = contract.entity(one.row);
  const hash = assignmentHash(seed, entity ?? one.id);
  const bucket = bucketOf(hash);
  const isCanary = bucket < canaryBuckets;
  return {
    accountHash: entity === undefined ? undefined : hash,
    isCanary,
    isCompared: isCanary ? bucket < comparedBuckets : bucket >= BUCKETS - comparedBuckets,
  };
}

/**
 * Scores each row with the version that its seat says. What the candidate cannot load, read or score falls to the
 * champion, with a note of it; while the candidate is loaded for the first time, nobody counts that against it.
 *
 * The rows whose run times are compared are scored apart.
 * @param version the candidate's
 * @param candidate as `Serving.candidate` has it
 * @throws ScoringError where the champion could not score its part
 */
export async function scoreArms(
  champion: LoadedModel,
  version: string,
  candidate: LoadedModel | Failure | undefined,
  seats: readonly Seat[],
  request: AcceptedRows,
): Promise<Outcome[]> {
  const outcomes: Outcome[] = [];
  outcomes.length = seats.length;
  const dealt = deal(champion, version, candidate, seats, request);
  const place = (part: readonly Outcome[], rows: readonly number[]): void => {
    for (const [at, index] of rows.entries()) {
      const outcome = part[at];
      if (outcome !== undefined) outcomes[index] = outcome;
    }
  };
  const byChampion = async (rows: readonly number[], apart: boolean): Promise<void> =>
    place(await championPart(champion, rows, apart, request, dealt.fallbacks), rows);
  const byCandidate = async (rows: readonly CanaryRow[], apart: boolean): Promise<void> => {
    if (candidate === undefined || candidate instanceof Failure) return;
    for (const [at, outcome] of (await canaryPart(candidate, rows, apart)).entries()) {
      const index = rows[at]?.index ?? 0;
      if ('loaded' in outcome) outcomes[index] = outcome;
      else dealt.fallbacks.set(index, outcome);
    }
  };
  const running: Promise<void>[] = [];
  if (dealt.champion.length > 0) running.push(byChampion(dealt.champion, false));
  if (dealt.control.length > 0) running.push(byChampion(dealt.control, true));
  if (dealt.canary.length > 0) running.push(byCandidate(dealt.canary, false));
  if (dealt.compared.length > 0) running.push(byCandidate(dealt.compared, true));
  await Promise.all(running);
  const failed = [...dealt.fallbacks.keys()].filter((index) => outcomes[index] === undefined);
  if (failed.length > 0) await byChampion(failed, false);
  return outcomes;
}

interface CanaryRow {
  readonly index: number;
  readonly one: Accepted;
}

interface Dealt {
  readonly champion: readonly number[];
  /** The champion's rows that are scored apart. */
  readonly control: readonly number[];
  readonly canary: readonly CanaryRow[];
  /** The canary's rows that are scored apart. */
  readonly compared: readonly CanaryRow[];
  readonly fallbacks: Map<number, Fallback>;
}

function deal(
  champion: LoadedModel,
  version: string,
  candidate: LoadedModel | Failure | undefined,
  seats: readonly Seat[],
  { rows, accepted }: AcceptedRows,
): Dealt {
  const own: number[] = [];
  const control: number[] = [];
  const canary: CanaryRow[] = [];
  const compared: CanaryRow[] = [];
  const fallbacks = new Map<number, Fallback>();
  for (const [index, { isCanary, isCompared }] of seats.entries()) {
    const [one, raw] = [accepted[index], rows[index]];
    if (one === undefined || raw === undefined) throw new Error('There are more seats than rows');
    if (!isCanary) (isCompared ? control : own).push(index);
    else if (candidate === undefined) own.push(index);
    else {
      const read =
        candidate instanceof Failure ? candidate.message : readAgain(one, raw, champion, candidate);
      if (typeof read !== 'string') (isCompared ? compared : canary).push({ index, one: read });
      else {
        own.push(index);
        fallbacks.set(index, { version, error: read });
      }
    }
  }
  return { champion: own, control, canary, compared, fallbacks };
}

async function championPart(
  loaded: LoadedModel,
  rows: readonly number[],
  apart: boolean,
  { accepted, features }: AcceptedRows,
  fallbacks: ReadonlyMap<number, Fallback>,
): Promise<Outcome[]> {
  const { width } = loaded.contract;
  const part = rows.length === accepted.length ? features : gather(features, width, rows);
  const { scorer } = loaded;
  const { scores, rowMs } = await (apart
    ? scorer.timedApart(part, rows.length)
    : scorer.timed(part, rows.length));
  return rows.map((index, at) => ({
    loaded,
    variant: 'champion',
    one: rowAt(accepted, index),
    features,
    offset: index * width,
    score: scoreAt(scores, at),
    rowMs,
    fallback: fallbacks.get(index),
  }));
}

async function canaryPart(
  loaded: LoadedModel,
  rows: readonly CanaryRow[],
  apart: boolean,
): Promise<(Outcome | Fallback)[]> {
  const { contract, scorer, version } = loaded;
  const { width } = contract;
  const features = takeFeatures(rows.length * width);
  for (const [at, { one }] of rows.entries()) contract.write(one.row, features, at * width);
  const scored = await scoreEach(
    (part, count) => (apart ? scorer.timedApart(part, count) : scorer.timed(part, count)),
    features,
    rows.length,
  );
  return scored.map((outcome, at) =>
    'error' in outcome
      ? { version, error: outcome.error }
      : { loaded, variant: 'canary', one: rowAt(rows, at).one, features, offset: at * width, ...outcome },
  );
}

function gather(features: Float32Array, width: number, rows: readonly number[]): Float32Array {
  const part = takeFeatures(rows.length * width);
  for (const [at, index] of rows.entries()) {
    part.set(features.subarray(index * width, (index + 1) * width), at * width);
  }
  return part;
}

function rowAt<T>(rows: readonly T[], index: number): T {
  const row = rows[index];
  if (row === undefined) throw new Error(`There is no row ${index}`);
  return row;
}
