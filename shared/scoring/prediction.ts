import type { Variant } from '../events/prediction-event.ts';
import type { Accepted } from './accept.ts';
import type { Decision } from './decide.ts';
import type { LoadedModel } from './load-model.ts';

/** What a caller is told of one row. */
export interface Prediction {
  readonly predictionId: string;
  readonly transactionId?: string;
  readonly model: string;
  readonly version: string;
  readonly variant: Variant;
  readonly score: number;
  readonly decision: Decision;
  readonly warnings?: readonly string[];
}

/** A row with its score, and what that means by the policy of the version that gave it. */
export interface Decided {
  readonly one: Accepted;
  readonly score: number;
  readonly decision: Decision;
}

const NOT_ON_RECORD = 'This prediction could not be put on record';

/** @param onRecord false where the log has lost the prediction, which its caller is told */
export function predictionOf(
  { one, score, decision }: Decided,
  { model, version }: LoadedModel,
  variant: Variant,
  onRecord: boolean,
): Prediction {
  const warnings = onRecord ? one.warnings : [...one.warnings, NOT_ON_RECORD];
  return {
    predictionId: one.id,
    ...(one.transactionId === undefined ? {} : { transactionId: one.transactionId }),
    model,
    version,
    variant,
    score,
    decision,
    ...(warnings.length === 0 ? {} : { warnings }),
  };
}
