import type { Countable, EventCounter } from '../rollups/ports.ts';
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
}

export type LogName = 'predictions' | 'shadows';

export interface Collected {
  /** Lines appended. */
  readonly lines: number;
  readonly deadLetters: number;
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
  const files = new Map<
    string,
    { readonly log: LogName; readonly folder: string; readonly lines: string[] }
  >();
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
    const file = files.get(log + folder);
    if (file === undefined) files.set(log + folder, { log, folder, lines: [line] });
    else file.lines.push(line);
  }
  // First, because counting again is free and a line that is appended again is there twice.
  await parts.counter.count(batch.partition, events);
  const jobs = [
    ...[...files.values()].map(
      ({ log, folder, lines }) =>
        () =>
          parts.logs[log].append(folder, batch.partition, lines),
    ),
    ...dead.map((letter) => () => bury(parts.deadLetters, letter)),
  ];
  await concurrently(jobs, MAX_AT_ONCE, (job) => job());
  return { lines: events.length, deadLetters: dead.length };
}
