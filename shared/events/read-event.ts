import { isUtf8 } from 'node:buffer';
import { messageOf } from '../failure.ts';
import { type PredictionEvent, predictionEventSchema, problemsOf } from './event-schema.ts';
import { PREDICTION_TYPE } from './prediction-event.ts';
import { timeOf } from './prediction-id.ts';
import {
  promotionIdSchema,
  SHADOW_TYPE,
  type ShadowEvent,
  shadowEventSchema,
} from './shadow-event-schema.ts';

/** What is known of an event that can be read. */
export type EventFacts = {
  /** When the prediction was made, milliseconds since 1970-01-01T00:00Z. */
  readonly time: number;
} & (
  | {
      readonly kind: 'prediction';
      readonly data: PredictionEvent['data'];
      /** Of the request, where it was traced. */
      readonly traceparent?: string | undefined;
    }
  | { readonly kind: 'shadow'; readonly data: ShadowEvent['data'] }
);

/** `text` is the event's on one line. */
export type ReadEvent =
  | { readonly ok: true; readonly facts: EventFacts; readonly text: string }
  | { readonly ok: false; readonly reason: string };

const promotionSchema = promotionIdSchema.optional();

/** An event as a hub delivered it, or why nothing can be done with it. */
export function readEvent(body: unknown): ReadEvent {
  const { text, value, reason } = valueOf(body);
  if (reason !== undefined) return { ok: false, reason };
  const facts = factsOf(value);
  if (typeof facts === 'string') return { ok: false, reason: facts };
  // The text goes into the log as it came, but a line must stay a line.
  const line = text === undefined || text.includes('\n') ? JSON.stringify(value) : text;
  return { ok: true, facts, text: line };
}

/** @returns a text that says why where it is no event that is known here */
function factsOf(value: unknown): EventFacts | string {
  const type = typeof value === 'object' && value !== null && 'type' in value ? value.type : undefined;
  switch (type) {
    case PREDICTION_TYPE: {
      const parsed = predictionEventSchema.safeParse(value);
      if (!parsed.success) return problemsOf(parsed.error);
      const { id, data, traceparent } = parsed.data;
      if (!promotionSchema.safeParse(data.promotionId).success)
        return 'data.promotionId: is not a promotion id';
      return { kind: 'prediction', time: timeOf(id), data, traceparent };
    }
    case SHADOW_TYPE: {
      const parsed = shadowEventSchema.safeParse(value);
      if (!parsed.success) return problemsOf(parsed.error);
      const { data } = parsed.data;
      return { kind: 'shadow', time: timeOf(data.predictionId), data };
    }
    default: {
      const shown = typeof type === 'string' ? `'${type.slice(0, 100)}'` : `no text`;
      return `is not an event that is known here: its type is ${shown}`;
    }
  }
}

/** An event's text and what it holds as JSON, or why it cannot be read. */
export function valueOf(body: unknown): {
  readonly text?: string;
  readonly value?: unknown;
  readonly reason?: string;
} {
  if (body instanceof Uint8Array && !isUtf8(body)) return { reason: 'is not UTF-8' };
  const text = body instanceof Uint8Array ? Buffer.from(body).toString('utf8') : body;
  if (typeof text !== 'string') return { value: body };
  try {
    const value: unknown = JSON.parse(text);
    return { text, value };
  } catch (error) {
    return { reason: `is not JSON: ${messageOf(error)}` };
  }
}
