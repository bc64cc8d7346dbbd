import { isUtf8 } from 'node:buffer';
import { messageOf } from '../failure.ts';
import type { AppendLog } from './append-log.ts';
import { concurrently } from './concurrently.ts';
import { bury, type DeadLetter, type ReceivedEvent } from './dead-letter.ts';
import { predictionEventSchema, problemsOf } from './event-schema.ts';
import { hourFolder } from './log-layout.ts';
import type { WriteOnceBlobs } from './ports.ts';
import { PREDICTION_TYPE } from './prediction-event.ts';
import { timeOf } from './prediction-id.ts';

/** Events of one partition of a hub, in the order of their sequence numbers. */
export interface ReceivedBatch {
  readonly hub: string;
  readonly partition: string;
  readonly events: readonly ReceivedEvent[];
}

export interface CollectParts {
  /** The log that events of each type go to. */
  readonly logs: { readonly predictions: AppendLog };
  readonly deadLetters: WriteOnceBlobs;
}

export interface Collected {
  /** Lines appended. */
  readonly lines: number;
  readonly deadLetters: number;
}

/** Writes at the same time: appends to different files, and dead letters. */
const MAX_AT_ONCE = 8;

/**
 * Writes a batch of events to the log, each into the hour in which its prediction was made; what cannot be read goes
 * to the dead letters with the reason. Safe to run twice: readers drop the duplicates.
 * @throws Failure `unavailable` where something could not be written; the batch is to be delivered again
 */
export async function collect(parts: CollectParts, batch: ReceivedBatch): Promise<Collected> {
  const partition = JSON.stringify(batch.partition);
  const folders = new Map<string, string[]>();
  const dead: DeadLetter[] = [];
  for (const event of batch.events) {
    const read = readEvent(event.body);
    if (!read.ok) {
      dead.push({ hub: batch.hub, partition: batch.partition, event, reason: read.reason });
      continue;
    }
    const folder = hourFolder(read.model, read.time);
    const line = `{"partition":${partition},"sequenceNumber":${event.sequenceNumber},"event":${read.text}}\n`;
    const lines = folders.get(folder);
    if (lines === undefined) folders.set(folder, [line]);
    else lines.push(line);
  }
  const jobs = [
    ...[...folders].map(
      ([folder, lines]) =>
        () =>
          parts.logs.predictions.append(folder, batch.partition, lines),
    ),
    ...dead.map((letter) => () => bury(parts.deadLetters, letter)),
  ];
  await concurrently(jobs, MAX_AT_ONCE, (job) => job());
  return { lines: batch.events.length - dead.length, deadLetters: dead.length };
}

type ReadEvent =
  | { readonly ok: true; readonly model: string; readonly time: number; readonly text: string }
  | { readonly ok: false; readonly reason: string };

/** An event's text, its model and the time of its prediction, or why it has none of them. */
function readEvent(body: unknown): ReadEvent {
  const { text, value, reason } = valueOf(body);
  if (reason !== undefined) return { ok: false, reason };
  const type = typeof value === 'object' && value !== null && 'type' in value ? value.type : undefined;
  if (type !== PREDICTION_TYPE) {
    const shown = typeof type === 'string' ? `'${type.slice(0, 100)}'` : `no text`;
    return { ok: false, reason: `is not an event that is known here: its type is ${shown}` };
  }
  const parsed = predictionEventSchema.safeParse(value);
  if (!parsed.success) return { ok: false, reason: problemsOf(parsed.error) };
  const { id, data } = parsed.data;
  // The text goes into the log as it came, but a line must stay a line.
  const line = text === undefined || text.includes('\n') ? JSON.stringify(value) : text;
  return { ok: true, model: data.model, time: timeOf(id), text: line };
}

function valueOf(body: unknown): {
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
