import type { PredictionEvent } from '../events/event-schema.ts';
import { HOUR_MS } from '../events/log-layout.ts';
import { newCounts, type ReadCounts, readHour } from '../events/log-reader.ts';
import type { ReadableBlobs } from '../events/ports.ts';
import { timeOf } from '../events/prediction-id.ts';
import { hoursOf, type LabelCounts, labelsOfHour, UNNAMED } from './label-log.ts';
import type { TableLabel } from './label-table.ts';

export interface OutcomeLogs {
  readonly predictions: ReadableBlobs;
  readonly labels: ReadableBlobs;
}

/** A prediction and what turned out to be true of it, as far as that is known. */
export interface Outcome {
  readonly event: PredictionEvent;
  readonly label?: TableLabel;
}

/** What a join came across, counted while it goes on; complete when it has ended. */
export interface JoinCounts {
  readonly predictions: ReadCounts;
  readonly labels: LabelCounts;
  /** Predictions with a label. */
  labelled: number;
  /** Labels that name this model and are of no prediction that its log has. */
  unknown: number;
  /** Labels that name no model and are of no prediction of this one: another model's, or nobody's. */
  unclaimed: number;
}

export function newJoinCounts(): JoinCounts {
  return {
    predictions: newCounts(),
    labels: { lines: 0, repeated: 0, unreadable: 0 },
    labelled: 0,
    unknown: 0,
    unclaimed: 0,
  };
}

/**
 * Every prediction of a model's hour, each once, with its label. Streams: it holds the hour's labels, 70 to 140 bytes
 * each, and what `readHour` holds.
 * @param time any time of the hour, milliseconds since 1970-01-01T00:00Z
 * @param asOf labels that were received later are left out
 * @throws Failure `unavailable`
 */
export async function* joinHour(
  { predictions, labels }: OutcomeLogs,
  model: string,
  time: number,
  counts: JoinCounts = newJoinCounts(),
  asOf?: number,
): AsyncGenerator<Outcome, void, undefined> {
  const table = await labelsOfHour(labels, model, time, counts.labels, asOf);
  for await (const { event } of readHour(predictions, model, time, counts.predictions)) {
    const label = table.take(event.id);
    if (label !== undefined) counts.labelled += 1;
    yield label === undefined ? { event } : { event, label };
  }
  counts.unknown += table.left.named;
  counts.unclaimed += table.left.unnamed;
}

/**
 * Every prediction of a model that was made in `[from, to)`, each once, with its label, hour by hour; a label lies in the
 * hour of its prediction. Hours of which neither log has anything cost nothing. What has no prediction is counted by whole hours.
 * @throws Failure `unavailable`
 */
export async function* joinRange(
  logs: OutcomeLogs,
  model: string,
  from: number,
  to: number,
  counts: JoinCounts = newJoinCounts(),
  asOf?: number,
): AsyncGenerator<Outcome, void, undefined> {
  for await (const hour of outcomeHours(logs, model, from, to)) {
    const whole = hour >= from && hour + HOUR_MS <= to;
    for await (const outcome of joinHour(logs, model, hour, counts, asOf)) {
      const time = whole ? from : timeOf(outcome.event.id);
      if (time >= from && time < to) yield outcome;
      else {
        counts.predictions.lines -= 1;
        if (outcome.label !== undefined) counts.labelled -= 1;
      }
    }
  }
}

/** The hours in `[from, to)` that a model has predictions or labels of, in order. @throws Failure `unavailable` */
export function outcomeHours(
  { predictions, labels }: OutcomeLogs,
  model: string,
  from: number,
  to: number,
): AsyncGenerator<number, void, undefined> {
  const logs = [
    { blobs: predictions, folder: model },
    { blobs: labels, folder: model },
    { blobs: labels, folder: UNNAMED },
  ];
  return hoursOf(logs, from, to);
}
