import { Failure, type Problem } from '../failure.ts';
import { isModelName, versionSchema } from '../registry/rows.ts';
import { decide, type Decision } from './decide.ts';
import type { LoadedModel } from './load-model.ts';
import type { Serving } from './serving.ts';

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
  /** A new UUIDv7. */
  readonly newId: () => string;
}

/**
 * Scores rows with the version that serves the model, or with the one that the caller pinned.
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
  const loaded = await versionFor(parts.serving, model, pinned);
  const { contract } = loaded;
  const problems: Problem[] = [];
  const features = new Float32Array(rows.length * contract.width);
  const checked = rows.map(({ row, path }, index) => {
    const result = contract.check(row, path);
    if (!result.ok) {
      problems.push(...result.problems);
      return undefined;
    }
    contract.write(result.row, features, index * contract.width);
    return { transactionId: contract.id(result.row), warnings: result.warnings };
  });
  if (problems.length > 0) throw new Failure('invalid', refusal(problems.length, rows.length), { problems });
  const scores = await loaded.scorer.score(features, rows.length);
  return checked.map((row, index) => {
    const score = scores[index];
    if (row === undefined || score === undefined)
      throw new Error('The scorer gave fewer scores than it was given rows');
    return prediction(parts, loaded, score, row.transactionId, row.warnings);
  });
}

async function versionFor(serving: Serving, model: string, pinned: string | undefined): Promise<LoadedModel> {
  if (!isModelName(model)) throw new Failure('not-found', 'There is no model of that name');
  if (pinned === undefined) return serving.champion(model);
  if (!versionSchema.safeParse(pinned).success) {
    throw new Failure('invalid', 'x-tollgate-version is not a version (digits, from "1")');
  }
  return serving.pinned(model, pinned);
}

function prediction(
  parts: ScoringParts,
  loaded: LoadedModel,
  score: number,
  transactionId: string | undefined,
  warnings: readonly string[],
): Prediction {
  return {
    predictionId: parts.newId(),
    ...(transactionId === undefined ? {} : { transactionId }),
    model: loaded.model,
    version: loaded.version,
    variant: 'champion',
    score,
    decision: decide(score, loaded.contract.contract.policy),
    ...(warnings.length === 0 ? {} : { warnings }),
  };
}

function refusal(problems: number, rows: number): string {
  const where = rows === 1 ? 'the transaction' : `the ${rows} transactions`;
  return `${problems === 1 ? 'One value' : `${problems} values`} of ${where} cannot be used; nothing was scored`;
}
