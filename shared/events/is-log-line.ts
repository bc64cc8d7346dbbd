import { isRecord } from '../features/row-values.ts';
import { isModelName } from '../registry/rows.ts';
import type { LogLine } from './event-schema.ts';
import { PREDICTION_TYPE } from './prediction-event.ts';
import { isPredictionId } from './prediction-id.ts';

const DECISIONS: ReadonlySet<unknown> = new Set(['approve', 'review', 'block', undefined]);
/** The year 10000, as the first digits of an id; the log's paths end before. */
const LAST_ID = 'e677d21f';
const VERSION = /^[1-9]\d{0,8}$/;

/**
 * Whether a value is plainly a line of the log, as almost all lines are. Where it says no the schema decides.
 *
 * Written out because it runs for every line of an hour, in a twentieth of the schema's time; a property test holds it
 * to never taking what the schema refuses.
 */
export function isPlainLogLine(value: unknown): value is LogLine {
  if (!isRecord(value) || !isRecord(value['event'])) return false;
  const { partition, sequenceNumber, event } = value;
  if (typeof partition !== 'string' || !isCount(sequenceNumber) || Object.keys(value).length !== 3)
    return false;
  const { id, source, subject, time, datacontenttype, data } = event;
  if (event['specversion'] !== '1.0' || event['type'] !== PREDICTION_TYPE || !isRecord(data)) return false;
  if (typeof id !== 'string' || !isPredictionId(id) || id >= LAST_ID || typeof time !== 'string')
    return false;
  if (!isFilled(subject) || (datacontenttype !== undefined && datacontenttype !== 'application/json'))
    return false;
  const { model, version } = data;
  if (source !== last.source || model !== last.model || version !== last.version) {
    if (typeof model !== 'string' || !isModelName(model)) return false;
    if (typeof version !== 'string' || !VERSION.test(version)) return false;
    if (!isSource(source, model, version)) return false;
    last = { source, model, version };
  }
  return isPlainData(data);
}

/** Of the line before, and sound: most lines are of the same version. */
let last: { readonly source: unknown; readonly model: string; readonly version: string } = {
  source: undefined,
  model: '',
  version: '',
};

function isPlainData(data: Readonly<Record<string, unknown>>): boolean {
  const { variant, pinned, inputs, features, score, decision, latencyMs, modelMs, replayed } = data;
  const { promotionId, step, accountHash, truncated, fallback, error } = data;
  if (variant !== 'champion' && variant !== 'canary') return false;
  if (promotionId !== undefined && typeof promotionId !== 'string') return false;
  if (step !== undefined && !isCount(step)) return false;
  if (accountHash !== undefined && !(isCount(accountHash) && Number(accountHash) < 2 ** 32)) return false;
  if (typeof pinned !== 'boolean' || (replayed !== undefined && replayed !== true)) return false;
  // Few events have one of these; what they may be is left to the schema.
  if (truncated !== undefined || fallback !== undefined || error !== undefined) return false;
  if (!isTime(latencyMs) || (modelMs !== undefined && !isTime(modelMs))) return false;
  if (score !== undefined && !(typeof score === 'number' && score >= 0 && score <= 1)) return false;
  return DECISIONS.has(decision) && isRecord(inputs) && areValues(inputs) && areFeatures(features);
}

/** Whether a text is `/models/{model}/versions/{version}`, without making another one. */
function isSource(source: unknown, model: string, version: string): boolean {
  const [start, middle] = ['/models/', '/versions/'];
  return (
    typeof source === 'string' &&
    source.length === start.length + model.length + middle.length + version.length &&
    source.startsWith(start) &&
    source.startsWith(model, start.length) &&
    source.startsWith(middle, start.length + model.length) &&
    source.endsWith(version)
  );
}

function areValues(inputs: Readonly<Record<string, unknown>>): boolean {
  for (const name in inputs) {
    const value = inputs[name];
    const type = typeof value;
    if (type === 'number' ? !Number.isFinite(value) : type !== 'string' && type !== 'boolean') return false;
    if (name === '__proto__') return false;
  }
  return true;
}

function areFeatures(features: unknown): boolean {
  if (!Array.isArray(features)) return false;
  for (let index = 0; index < features.length; index += 1) {
    const feature: unknown = features[index];
    if (feature !== null && !Number.isFinite(feature)) return false;
  }
  return true;
}

function isCount(value: unknown): boolean {
  return Number.isSafeInteger(value) && Number(value) >= 0;
}

function isTime(value: unknown): boolean {
  return typeof value === 'number' && value >= 0 && value < Infinity;
}

function isFilled(value: unknown): boolean {
  return value === undefined || (typeof value === 'string' && value !== '');
}
