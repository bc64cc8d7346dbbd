import type { Countable, EventCounter } from '../rollups/ports.ts';
import { NO_TELEMETRY, type Telemetry } from '../telemetry.ts';
import { TELEMETRY_ATTRIBUTES, TELEMETRY_SPANS } from '../telemetry-names.ts';
import type { AppendLog } from './append-log.ts';
import { concurrently } from './concurrently.ts';
import { bury, type DeadLetter, type ReceivedEvent } from './dead-letter.ts';
import { hourFolder } from './log-layout.ts';
import type { WriteOnceBlobs } from './ports.ts';
import { readEvent } from './read-event.ts';

/** Events of one partition of a hub, in the order of their sequence numbers. */
export interface ReceivedBatch {
  readonly hub: string;
  readonly partition: string;
  readonly events: readonly ReceivedEvent[];
}

export interface CollectParts {
  /** The log that events of each type go to. */
  readonly logs: Readonly<Record<LogName, AppendLog>>;
  readonly counter: EventCounter;
  readonly deadLetters: WriteOnceBlobs;
  /** Absent where it is off. */
  readonly telemetry?: Pick<Telemetry, 'span'>;
}

export type LogName = 'predictions' | 'shadows';

export interface Collected {
  /** Lines appended. */
  readonly lines: number;
  readonly deadLetters: number;
}

/** What a batch adds to a file of the log. */
interface LogFile {
  readonly log: LogName;
  readonly model: string;
  readonly folder: string;
  readonly lines: string[];
  /** The requests that the lines come from, where they were traced. */
  readonly traces: string[];
}

/** Writes at the same time: appends to different files, and dead letters. */
const MAX_AT_ONCE = 8;

/**
 * Counts a batch of events and writes it to the log, each into the hour in which its prediction was made; what cannot be
 * read goes to the dead letters with the reason. Safe to run twice: an event counts once, and readers of the log drop
 * the duplicates.
 * @throws Failure `unavailable` where something could not be written; the batch is to be delivered again
 */
export async function collect(parts: CollectParts, batch: ReceivedBatch): Promise<Collected> {
  const partition = JSON.stringify(batch.partition);
  const files = new Map<string, LogFile>();
  const events: Countable[] = [];
  const dead: DeadLetter[] = [];
  for (const event of batch.events) {
    const read = readEvent(event.body);
    if (!read.ok) {
      dead.push({ hub: batch.hub, partition: batch.partition, event, reason: read.reason });
      continue;
    }
    const { sequenceNumber, enqueuedTime } = event;
    const { facts } = read;
    events.push({ ...facts, sequenceNumber, enqueuedTime });
    const log = facts.kind === 'prediction' ? 'predictions' : 'shadows';
    const folder = hourFolder(facts.data.model, facts.time);
    const line = `{"partition":${partition},"sequenceNumber":${sequenceNumber},"event":${read.text}}\n`;
    let file = files.get(log + folder);
    if (file === undefined) {
      file = { log, model: facts.data.model, folder, lines: [], traces: [] };
      files.set(log + folder, file);
    }
    file.lines.push(line);
    if (facts.kind === 'prediction' && facts.traceparent !== undefined) file.traces.push(facts.traceparent);
  }
  // First, because counting again is free and a line that is appended again is there twice.
  await parts.counter.count(batch.partition, events);
  const jobs = [
    ...[...files.values()].map((file) => () => appendTo(parts, batch.partition, file)),
    ...dead.map((letter) => () => bury(parts.deadLetters, letter)),
  ];
  await concurrently(jobs, MAX_AT_ONCE, (job) => job());
  return { lines: events.length, deadLetters: dead.length };
}

function appendTo(
  { logs, telemetry = NO_TELEMETRY }: CollectParts,
  partition: string,
  { log, model, folder, lines, traces }: LogFile,
): Promise<void> {
  const attributes = { [TELEMETRY_ATTRIBUTES.model]: model, [TELEMETRY_ATTRIBUTES.lines]: lines.length };
  return telemetry.span(TELEMETRY_SPANS.append, { attributes, causes: traces }, () =>
    logs[log].append(folder, partition, lines),
  );
}
