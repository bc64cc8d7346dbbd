import type { CheckedRow } from '../features/compile.ts';
import type { Column } from '../features/definition.ts';
import { inputsWriter } from './logged-inputs.ts';
import { sendBytes } from './ports.ts';
import { timeOf } from './prediction-id.ts';

export const PREDICTION_TYPE = 'tollgate.prediction.v1';

export type Variant = 'champion' | 'canary';

/** What happened to one transaction. Absent members are left out of the event. */
export interface PredictionFacts {
  /** The prediction id, a UUIDv7: the event's id, and its time. */
  readonly id: string;
  readonly transactionId?: string | undefined;
  readonly variant: Variant;
  readonly promotionId?: string | undefined;
  readonly step?: number | undefined;
  /** What the row's account is assigned by within the promotion: an unsigned 32-bit integer. */
  readonly accountHash?: number | undefined;
  /** Whether the caller chose the version. */
  readonly pinned: boolean;
  readonly row: CheckedRow;
  /** Holds the row's features from `offset` on; a NaN is logged as null. */
  readonly features: Float32Array;
  readonly offset: number;
  /** Both absent where scoring failed. */
  readonly score?: number | undefined;
  readonly decision?: 'approve' | 'review' | 'block' | undefined;
  /** In the app, until the event was made. */
  readonly latencyMs: number;
  /** The model's run time for this row; absent where it compares with no other version's. */
  readonly modelMs?: number | undefined;
  /** The canary that the row was assigned to and that could not serve it. */
  readonly fallback?: { readonly version: string; readonly error: string } | undefined;
  readonly error?: { readonly code: string; readonly message: string } | undefined;
  /** The W3C `traceparent` of the request; absent where telemetry is off. */
  readonly traceparent?: string | undefined;
}

/** The version that the events of a writer are about. */
export interface EventSource {
  readonly model: string;
  readonly version: string;
  readonly columns: readonly Column[];
  /** Features of a row. */
  readonly width: number;
}

/** Errors come from anywhere; an event needs to say what went wrong, not repeat all of it. Characters. */
export const MAX_ERROR_TEXT = 1_000;

/**
 * Makes the function that writes a version's predictions as CloudEvents (1.0, JSON, structured mode).
 *
 * The text is put together by hand: this runs once per transaction, and takes half the time of `JSON.stringify` on the
 * same object, a quarter of the `cloudevents` package's. A test holds it to both.
 * @param maxBytes what a send may hold; an event above it is written without its inputs, then without its features,
 *   and says so with `truncated: true`
 */
export function predictionEventWriter(
  source: EventSource,
  maxBytes: number,
): (facts: PredictionFacts) => string {
  const { model, version, columns, width } = source;
  const inputs = inputsWriter(columns);
  const head =
    `{"specversion":"1.0","type":${JSON.stringify(PREDICTION_TYPE)},` +
    `"source":${JSON.stringify(`/models/${model}/versions/${version}`)},` +
    `"datacontenttype":"application/json","id":"`;
  const data = `,"data":{"model":${JSON.stringify(model)},"version":${JSON.stringify(version)},"variant":"`;
  let second = Number.NaN;
  let secondText = '';

  /** Many events are of the same second: only its milliseconds are written anew. */
  const timeText = (time: number): string => {
    const milliseconds = time % 1_000;
    if (time - milliseconds !== second) {
      second = time - milliseconds;
      secondText = new Date(second).toISOString().slice(0, -4);
    }
    return `${secondText}${milliseconds < 100 ? (milliseconds < 10 ? '00' : '0') : ''}${milliseconds}Z`;
  };

  let modelMs = Number.NaN;
  let modelMsText = '';

  /** The rows of a run have the same time. To the nanosecond, because a row of a large run takes a few microseconds. */
  const runTimeText = (time: number): string => {
    if (time !== modelMs) {
      modelMs = time;
      modelMsText = `,"modelMs":${Math.round(time * 1e6) / 1e6}`;
    }
    return modelMsText;
  };

  return (facts) => {
    const { id, transactionId } = facts;
    const subject = transactionId === undefined ? '' : `"subject":${JSON.stringify(transactionId)},`;
    const traced = facts.traceparent === undefined ? '' : `"traceparent":"${facts.traceparent}",`;
    const before = `${head}${id}",${subject}${traced}"time":"${timeText(timeOf(id))}"${data}${decisionText(facts)}`;
    const after = endText(facts, facts.modelMs === undefined ? '' : runTimeText(facts.modelMs));
    const inputsText = `"inputs":${inputs(facts.row)},`;
    const featuresText = `"features":${numbersText(facts.features, facts.offset, width)},`;
    const event = before + inputsText + featuresText + after;
    // A character takes at most 3 bytes of UTF-8, so most events need not be measured.
    if (event.length * 3 <= maxBytes / 2 || sendBytes(event) <= maxBytes) return event;
    const withoutInputs = `${before}"truncated":true,"inputs":{},${featuresText}${after}`;
    return sendBytes(withoutInputs) <= maxBytes
      ? withoutInputs
      : `${before}"truncated":true,"inputs":{},"features":[],${after}`;
  };
}

function decisionText(facts: PredictionFacts): string {
  let text = `${facts.variant}",`;
  if (facts.promotionId !== undefined) text += `"promotionId":${JSON.stringify(facts.promotionId)},`;
  if (facts.step !== undefined) text += `"step":${facts.step},`;
  if (facts.accountHash !== undefined) text += `"accountHash":${facts.accountHash},`;
  return `${text}"pinned":${facts.pinned},`;
}

function endText(facts: PredictionFacts, runTime: string): string {
  let text = '';
  if (facts.score !== undefined && Number.isFinite(facts.score)) text += `"score":${facts.score},`;
  if (facts.decision !== undefined) text += `"decision":"${facts.decision}",`;
  text += `"latencyMs":${Math.round(facts.latencyMs * 1_000) / 1_000}${runTime}`;
  if (facts.fallback !== undefined) {
    const { version, error } = facts.fallback;
    text += `,"fallback":${JSON.stringify({ version, error: error.slice(0, MAX_ERROR_TEXT) })}`;
  }
  if (facts.error !== undefined) {
    const { code, message } = facts.error;
    text += `,"error":${JSON.stringify({ code, message: message.slice(0, MAX_ERROR_TEXT) })}`;
  }
  return `${text}}}`;
}

function numbersText(values: Float32Array, offset: number, count: number): string {
  let text = '[';
  for (let i = 0; i < count; i += 1) {
    const value = values[offset + i] ?? Number.NaN;
    text += i === 0 ? '' : ',';
    text += Number.isFinite(value) ? value : 'null';
  }
  return `${text}]`;
}
