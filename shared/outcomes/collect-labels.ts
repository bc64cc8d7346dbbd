import type { AppendLog } from '../events/append-log.ts';
import type { Collected, ReceivedBatch } from '../events/collect.ts';
import { concurrently } from '../events/concurrently.ts';
import { bury, type DeadLetter } from '../events/dead-letter.ts';
import { hourFolder } from '../events/log-layout.ts';
import type { WriteOnceBlobs } from '../events/ports.ts';
import { timeOf } from '../events/prediction-id.ts';
import { readLabelEvent } from './label-event.ts';
import { UNNAMED } from './label-log.ts';

export interface CollectLabelsParts {
  readonly log: AppendLog;
  readonly deadLetters: WriteOnceBlobs;
  /** The names of all models. @throws Failure `unavailable` */
  readonly models: () => Promise<readonly string[]>;
}

/** Writes at the same time: appends to different files, and dead letters. */
const MAX_AT_ONCE = 8;

/**
 * Writes a batch of labels to the log, each into the hour of its prediction's id, whether or not that prediction is known;
 * what cannot be read goes to the dead letters with the reason. A label that names no model that there is goes to the only
 * one where there is but one: a model is registered before its first prediction, and so before any label of it comes.
 * Safe to run twice: a label that is there twice counts once.
 * @throws Failure `unavailable` where something could not be written; the batch is to be delivered again
 */
export async function collectLabels(parts: CollectLabelsParts, batch: ReceivedBatch): Promise<Collected> {
  const dead: DeadLetter[] = [];
  const read = batch.events.flatMap((event) => {
    const label = readLabelEvent(event.body);
    if (label.ok) return [{ ...label, sequenceNumber: event.sequenceNumber }];
    dead.push({ hub: batch.hub, partition: batch.partition, event, reason: label.reason });
    return [];
  });
  const models = await parts.models();
  const only = models.length === 1 ? models[0] : undefined;
  const partition = JSON.stringify(batch.partition);
  const files = Map.groupBy(read, ({ event: { data } }) =>
    hourFolder(models.find((model) => model === data.model) ?? only ?? UNNAMED, timeOf(data.predictionId)),
  );
  const jobs = [
    ...[...files].map(([folder, labels]) => () => {
      const lines = labels.map(
        ({ sequenceNumber, text }) =>
          `{"partition":${partition},"sequenceNumber":${sequenceNumber},"event":${text}}\n`,
      );
      return parts.log.append(folder, batch.partition, lines);
    }),
    ...dead.map((letter) => () => bury(parts.deadLetters, letter)),
  ];
  await concurrently(jobs, MAX_AT_ONCE, (job) => job());
  return { lines: read.length, deadLetters: dead.length };
}
