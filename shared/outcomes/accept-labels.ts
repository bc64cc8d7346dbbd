import { z } from 'zod';
import type { PredictionLog } from '../events/prediction-log.ts';
import { uuid7Schema } from '../events/shadow-event-schema.ts';
import { Failure, type Problem } from '../failure.ts';
import { isRecord, pointerTo } from '../features/row-values.ts';
import { parseTimestamp } from '../features/timestamp.ts';
import { modelNameSchema } from '../registry/rows.ts';
import { type Label, labelEvent } from './label-event.ts';

/** The most labels of one request. */
export const MAX_LABELS = 1_000;

const predictionId = z
  .string('is required: the prediction id of a score')
  .toLowerCase()
  .refine((id) => uuid7Schema.safeParse(id).success, 'is not a prediction id (a UUIDv7)')
  .meta({ format: 'uuid', description: 'As the score gave it out' });

const labelSchema = z
  .strictObject({
    predictionId,
    label: z
      .literal([0, 1], 'has to be 0 or 1')
      .meta({ description: '1: the prediction is of the positive class' }),
    observedAt: z
      .string('has to be an ISO 8601 time')
      .refine((text) => Number.isFinite(parseTimestamp(text)), 'is not an ISO 8601 time')
      .optional()
      .meta({
        format: 'date-time',
        description:
          'When it turned out; no offset means UTC. A later time revises the label. Default: when it is received',
      }),
    source: z.string().min(1).max(200).optional().meta({ description: 'Who says so' }),
    model: modelNameSchema
      .optional()
      .meta({ description: 'The model of the prediction, as the score gave it out: finds it sooner' }),
  })
  .meta({ id: 'Label' });

/** `POST /api/labels`. */
export const labelsRequestSchema = z
  .strictObject({ labels: z.array(labelSchema).min(1).max(MAX_LABELS) })
  .meta({ id: 'Labels' });

export const acceptedLabelsSchema = z.object({ accepted: z.int() }).meta({ id: 'AcceptedLabels' });

/**
 * The labels of a request.
 * @throws Failure `too-large` above 1,000 labels, `invalid` with every problem for anything else that is not taken
 */
export function parseLabels(body: unknown): Label[] {
  if (isRecord(body) && Array.isArray(body['labels']) && body['labels'].length > MAX_LABELS) {
    throw new Failure(
      'too-large',
      `${body['labels'].length} labels are more than ${MAX_LABELS}, the most of one request`,
    );
  }
  const parsed = labelsRequestSchema.safeParse(body);
  if (!parsed.success) {
    const problems = parsed.error.issues.flatMap(problemsOf);
    throw new Failure('invalid', 'The body is not what this route takes', { problems });
  }
  return parsed.data.labels.map(({ observedAt, ...label }) => ({
    ...label,
    observedAt: observedAt === undefined ? undefined : parseTimestamp(observedAt),
  }));
}

function problemsOf(issue: z.core.$ZodIssue): Problem[] {
  const path = issue.path.reduce<string>((above, key) => pointerTo(above, String(key)), '');
  if (issue.code !== 'unrecognized_keys') return [{ path, message: issue.message }];
  return issue.keys.map((key) => ({ path: pointerTo(path, key.slice(0, 64)), message: 'is not known here' }));
}

export interface LabelParts {
  readonly log: Pick<PredictionLog, 'append' | 'warmUp'>;
  readonly newId: () => string;
  /** Milliseconds since 1970-01-01T00:00Z. */
  readonly time: () => number;
}

/**
 * Puts labels on record, whether or not their predictions are known.
 * @throws Failure `unavailable` where that is not possible now: any of them may be on record, and all can be sent again
 */
export async function acceptLabels(parts: LabelParts, labels: readonly Label[]): Promise<void> {
  // Otherwise a worker's first send has to open the connection within the time of a send.
  await parts.log.warmUp();
  const receivedAt = parts.time();
  await parts.log.append(labels.map((label) => labelEvent(label, parts.newId(), receivedAt)));
}
