import { Failure, messageOf } from '../failure.ts';
import { concurrently } from './concurrently.ts';
import { type PredictionEvent, predictionEventSchema, problemsOf } from './event-schema.ts';
import { linesOf } from './lines.ts';
import type { EventSender, ReadableBlobs, RemovableBlobs, WriteOnceBlobs } from './ports.ts';
import { sendBytes } from './ports.ts';
import { sendsOf } from './sends.ts';
import { SHADOW_TYPE, type ShadowEvent, shadowEventSchema } from './shadow-event-schema.ts';

export interface ReplayParts {
  readonly spill: ReadableBlobs & RemovableBlobs;
  readonly deadLetters: WriteOnceBlobs;
  readonly sender: EventSender;
  /** Monotonic milliseconds. */
  readonly now: () => number;
}

/** What a spill holds. */
export interface SpillKind {
  /** The spill's container: a folder of the dead letters is named after it. */
  readonly container: string;
  /** The event of a line as it is sent again, or why it cannot be. @param maxBytes what a send holds */
  readonly mark: (line: string, maxBytes: number) => Marked;
}

export type Marked =
  { readonly ok: true; readonly text: string } | { readonly ok: false; readonly reason: string };

/** What scoring spills. */
const PREDICTIONS: SpillKind = { container: 'predictions-spill', mark: markReplayed };

export interface Replayed {
  readonly blobs: number;
  readonly events: number;
  readonly deadLetters: number;
}

interface ReplayedEvent {
  readonly path: string;
  readonly text: string;
}

interface PoisonLine {
  readonly path: string;
  readonly line: string;
  readonly reason: string;
}

/** Blobs that are read, sent and removed together. */
const WAVE = 16;

/**
 * Sends what is in the spill again, oldest first, each event marked `replayed`, and removes what the hub acknowledged.
 * Lines that are no events, or that the hub will never take, go to the dead letters. Safe to run twice at once and to
 * break off at any time: events may then be sent more than once, which readers see by their ids.
 * @param boundMs no further blobs are begun after this time
 * @throws Failure `unavailable` where a service does not answer; what was not sent is still there
 */
export async function replaySpill(
  parts: ReplayParts,
  boundMs: number,
  kind = PREDICTIONS,
): Promise<Replayed> {
  const end = parts.now() + boundMs;
  const total = { blobs: 0, events: 0, deadLetters: 0 };
  let wave: string[] = [];
  const runWave = async (): Promise<void> => {
    const done = await replayBlobs(parts, kind, wave);
    total.blobs += wave.length;
    total.events += done.events;
    total.deadLetters += done.deadLetters;
    wave = [];
  };
  for await (const path of parts.spill.list('')) {
    wave.push(path);
    if (wave.length < WAVE) continue;
    await runWave();
    if (parts.now() >= end) return total;
  }
  if (wave.length > 0) await runWave();
  return total;
}

async function replayBlobs(
  parts: ReplayParts,
  kind: SpillKind,
  paths: readonly string[],
): Promise<{ events: number; deadLetters: number }> {
  const files = paths.map((path) => ({ path, lines: new Array<string>() }));
  await concurrently(files, WAVE, async ({ path, lines }) => {
    for await (const line of linesOf(parts.spill.read(path))) lines.push(line);
  });
  const events: ReplayedEvent[] = [];
  const poison: PoisonLine[] = [];
  for (const { path, lines } of files) {
    for (const line of lines) {
      const marked = kind.mark(line, parts.sender.maxBytes);
      if (marked.ok) events.push({ path, text: marked.text });
      else poison.push({ path, line, reason: marked.reason });
    }
  }
  let refused = 0;
  for (const some of sendsOf(events, ({ text }) => text, parts.sender.maxBytes)) {
    // In sequence: in order, and no faster than the hub takes them
    const never = await send(parts.sender, some);
    poison.push(...never);
    refused += never.length;
  }
  await concurrently([...Map.groupBy(poison, ({ path }) => path)], WAVE, async ([path, lines]) => {
    const letter = { spill: path, lines: lines.map(({ line, reason }) => ({ reason, body: line })) };
    await parts.deadLetters.create(`${kind.container}/${path}.json`, Buffer.from(JSON.stringify(letter)));
  });
  // Only now: whatever was in them is acknowledged or put aside.
  await concurrently(paths, WAVE, (path) => parts.spill.remove(path));
  return { events: events.length - refused, deadLetters: poison.length };
}

/** @returns the events that the hub will never take */
async function send(sender: EventSender, events: readonly ReplayedEvent[]): Promise<PoisonLine[]> {
  try {
    await sender.send(events.map(({ text }) => text));
    return [];
  } catch (error) {
    if (!(error instanceof Failure && error.kind === 'too-large')) throw error;
    const [first] = events;
    if (events.length === 1 && first !== undefined) {
      return [{ path: first.path, line: first.text, reason: messageOf(error) }];
    }
    const half = events.length >> 1;
    return [...(await send(sender, events.slice(0, half))), ...(await send(sender, events.slice(half)))];
  }
}

/** The event of a line with `replayed: true`, without its inputs and features where the mark makes it too large. */
function markReplayed(line: string, maxBytes: number): Marked {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch (error) {
    return { ok: false, reason: `is not JSON: ${messageOf(error)}` };
  }
  const parsed = (isShadow(value) ? shadowEventSchema : predictionEventSchema).safeParse(value);
  if (!parsed.success) return { ok: false, reason: problemsOf(parsed.error) };
  const event: PredictionEvent | ShadowEvent = parsed.data;
  const text = JSON.stringify({ ...event, data: { ...event.data, replayed: true } });
  if (sendBytes(text) <= maxBytes) return { ok: true, text };
  const cut = { ...event.data, replayed: true, truncated: true, inputs: {}, features: [] };
  return { ok: true, text: JSON.stringify({ ...event, data: cut }) };
}

function isShadow(value: unknown): boolean {
  return typeof value === 'object' && value !== null && 'type' in value && value.type === SHADOW_TYPE;
}
