import { z } from 'zod';
import { Failure } from '../failure.ts';
import { type LabelView, labelViewSchema } from '../outcomes/find-label.ts';
import { versionSchema } from '../registry/rows.ts';
import type { Policy } from '../scoring/decide.ts';
import { type PredictionEvent, predictionEventSchema } from './event-schema.ts';
import { isPredictionId } from './prediction-id.ts';

/** A decision that was made: what was logged, and by which version and thresholds it came about. */
export const decisionViewSchema = z
  .object({
    event: predictionEventSchema,
    version: versionSchema,
    policy: z.object({ review: z.number(), block: z.number() }),
    label: labelViewSchema.optional(),
  })
  .meta({ id: 'LoggedDecision' });
export type DecisionView = z.infer<typeof decisionViewSchema>;

export interface DecisionParts {
  /** A logged event; `predictionId` is a UUIDv7 in lower case. */
  readonly find: (model: string, predictionId: string) => Promise<PredictionEvent | undefined>;
  /** The thresholds of a version. */
  readonly policyOf: (model: string, version: string) => Promise<Policy>;
  /** What is known of a prediction's outcome. */
  readonly labelOf: (model: string, predictionId: string) => Promise<LabelView | undefined>;
}

/**
 * The decision of a prediction id.
 * @param model a model that exists
 * @throws Failure `not-found` for an id that is not in the model's log, `unavailable`
 */
export async function findDecision(
  parts: DecisionParts,
  model: string,
  predictionId: string,
): Promise<DecisionView> {
  const id = predictionId.toLowerCase();
  const event = isPredictionId(id) ? await parts.find(model, id) : undefined;
  if (event === undefined) {
    throw new Failure(
      'not-found',
      `The log of '${model}' has no prediction of that id; one of the last seconds may still be on its way there`,
    );
  }
  const { version } = event.data;
  const [policy, label] = await Promise.all([parts.policyOf(model, version), parts.labelOf(model, id)]);
  return { event, version, policy, ...(label === undefined ? {} : { label }) };
}
