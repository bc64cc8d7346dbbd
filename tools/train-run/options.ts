import { messageOf } from '../../shared/failure.ts';
import type { ModelDefinition } from '../../shared/features/definition.ts';
import type { HoldOut } from '../../shared/training/hold-out.ts';
import { type LearnerName, learnerNameSchema, type LearnerParams } from '../../shared/training/learner.ts';
import { learnerOf } from '../../shared/training/learners.ts';

export interface TrainOptions {
  readonly model: string;
  readonly file?: string;
  readonly sha256?: string;
  readonly member?: string;
  readonly learner?: LearnerName;
  readonly params?: object;
  readonly split?: HoldOut;
  readonly seed: number;
  readonly register: boolean;
}

/** The line that the command prints. */
export interface TrainResult {
  readonly model: string;
  readonly version?: string;
  readonly state?: string;
  /** Why it was rejected, or what the gates could not tell. */
  readonly reason?: string;
  readonly learner: string;
  readonly params: object;
  /** All rows that were read, those that were held out among them. */
  readonly rows: number;
  /** On the held-out rows. */
  readonly metrics: object;
  readonly fitSeconds: number;
  /** Of the search, a trial's on each of its rungs; absent where there was none. */
  readonly fits?: number;
  /** What each gate said. */
  readonly gates: Readonly<Record<string, string>>;
}

/** The model folder's learner and parameters, and what the command line says instead. @throws {z.ZodError} */
export function chosenFit(
  { learner: own }: Pick<ModelDefinition, 'learner'>,
  options: Pick<TrainOptions, 'learner' | 'params'>,
): { readonly learner: LearnerName; readonly params: LearnerParams } {
  const learner = options.learner ?? own?.learner ?? 'gradient_boosting';
  // Another learner has other parameters.
  const params = { ...(own?.learner === learner ? own.params : {}), ...options.params };
  return { learner, params: learnerOf(learner).parseParams(params) };
}

/** An option's value as a JSON object. @throws Error for anything else */
export function parseParams(text: string): object {
  const value = parseJson(text);
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new Error('It has to be a JSON object.');
  return value;
}

/** An option's value as the name of a learner. @throws Error for anything else */
export function oneLearner(text: string): LearnerName {
  const found = learnerNameSchema.safeParse(text);
  if (found.success) return found.data;
  throw new Error(`There is no learner '${text}': use one of ${learnerNameSchema.options.join(', ')}.`);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new Error(`It is not JSON (${messageOf(error)}).`, { cause: error });
  }
}
