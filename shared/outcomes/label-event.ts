import { z } from 'zod';
import { problemsOf } from '../events/event-schema.ts';
import type { Marked, SpillKind } from '../events/spill-replay.ts';
import { valueOf } from '../events/read-event.ts';
import { uuid7Schema } from '../events/shadow-event-schema.ts';
import { parseTimestamp } from '../features/timestamp.ts';
import { messageOf } from '../failure.ts';
import { modelNameSchema } from '../registry/rows.ts';

export const LABEL_TYPE = 'tollgate.label.v1';

const instant = z.string().refine((text) => Number.isFinite(parseTimestamp(text)), 'is no ISO 8601 time');

/** What a later release adds is kept, and what it adds does not make a line unreadable. */
export const labelEventSchema = z
  .looseObject({
    specversion: z.literal('1.0'),
    type: z.literal(LABEL_TYPE),
    source: z.string().min(1),
    /** The event's own, not that of the prediction. */
    id: uuid7Schema,
    subject: z.string().min(1).optional(),
    time: instant.meta({ description: 'When the app received the label' }),
    datacontenttype: z.literal('application/json').optional(),
    data: z.looseObject({
      predictionId: uuid7Schema,
      model: modelNameSchema.optional(),
      label: z.literal([0, 1]),
      observedAt: instant.optional(),
      source: z.string().min(1).optional(),
      replayed: z.literal(true).optional(),
    }),
  })
  .meta({ id: 'LabelEvent', description: 'A CloudEvent (1.0): what turned out to be true of a prediction' });
export type LabelEvent = z.infer<typeof labelEventSchema>;

/** A line of the labels' log: an event, and where the hub had it. */
export const labelLineSchema = z.object({
  partition: z.string(),
  sequenceNumber: z.int().nonnegative(),
  event: labelEventSchema,
});

/** What a caller says of one prediction. */
export interface Label {
  /** In lower case. */
  readonly predictionId: string;
  readonly model?: string | undefined;
  readonly label: 0 | 1;
  /** Milliseconds since 1970-01-01T00:00Z. */
  readonly observedAt?: number | undefined;
  readonly source?: string | undefined;
}

/**
 * A label as a CloudEvent (1.0, JSON, structured mode).
 * @param id a new UUIDv7
 * @param receivedAt milliseconds since 1970-01-01T00:00Z
 */
export function labelEvent(label: Label, id: string, receivedAt: number): string {
  const { predictionId, model, observedAt, source } = label;
  const event: LabelEvent = {
    specversion: '1.0',
    type: LABEL_TYPE,
    source: '/labels',
    id,
    subject: predictionId,
    time: new Date(receivedAt).toISOString(),
    datacontenttype: 'application/json',
    data: {
      predictionId,
      ...(model === undefined ? {} : { model }),
      label: label.label,
      ...(observedAt === undefined ? {} : { observedAt: new Date(observedAt).toISOString() }),
      ...(source === undefined ? {} : { source }),
    },
  };
  return JSON.stringify(event);
}

/** `text` is the event's on one line. */
export type ReadLabel =
  | { readonly ok: true; readonly event: LabelEvent; readonly text: string }
  | { readonly ok: false; readonly reason: string };

/** A label's event as a hub delivered it, or why nothing can be done with it. */
export function readLabelEvent(body: unknown): ReadLabel {
  const { text, value, reason } = valueOf(body);
  if (reason !== undefined) return { ok: false, reason };
  const parsed = labelEventSchema.safeParse(value);
  if (!parsed.success) return { ok: false, reason: problemsOf(parsed.error) };
  // The text goes into the log as it came, but a line must stay a line.
  const line = text === undefined || text.includes('\n') ? JSON.stringify(value) : text;
  return { ok: true, event: parsed.data, text: line };
}

/** The label of a spilled line, marked as sent again. */
function markLabelReplayed(line: string): Marked {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch (error) {
    return { ok: false, reason: `is not JSON: ${messageOf(error)}` };
  }
  const parsed = labelEventSchema.safeParse(value);
  if (!parsed.success) return { ok: false, reason: problemsOf(parsed.error) };
  const { data } = parsed.data;
  return { ok: true, text: JSON.stringify({ ...parsed.data, data: { ...data, replayed: true } }) };
}

/** What the labels' route spills. */
export const LABELS_SPILL: SpillKind = { container: 'labels-spill', mark: markLabelReplayed };
