/** Where things lie in the log's containers. Every hour is one of UTC. */

/** The hub that prediction events are sent to. */
export const PREDICTIONS_HUB = 'predictions';

/** The hub that label events are sent to. */
export const LABELS_HUB = 'labels';

export const HOUR_MS = 3_600_000;

/** `yyyy/MM/dd/HH` of a time. @param time milliseconds since 1970-01-01T00:00Z */
export function hourPath(time: number): string {
  return new Date(time).toISOString().slice(0, 13).replaceAll('-', '/').replace('T', '/');
}

/** The start of the hour that a time lies in. */
export function hourOf(time: number): number {
  return Math.floor(time / HOUR_MS) * HOUR_MS;
}

/** The folder of a model's hour in `predictions`, `labels` or `shadows`. */
export function hourFolder(model: string, time: number): string {
  return `${model}/${hourPath(time)}/`;
}

/** An append blob of an hour: parts count from 0, and the first has no number in its name. */
export function partName(partition: string, part: number): string {
  return part === 0 ? `${partition}.jsonl` : `${partition}.${part}.jsonl`;
}

/** Which partition and part a blob of an hour's folder is; undefined for a file that is not of the log. */
export function parsePartName(
  name: string,
): { readonly partition: string; readonly part: number } | undefined {
  const match = /^([A-Za-z0-9_-]+)(?:\.([1-9]\d{0,5}))?\.jsonl$/.exec(name);
  const partition = match?.[1];
  return partition === undefined ? undefined : { partition, part: Number(match?.[2] ?? 0) };
}

/** A blob of `predictions-spill`. @param id unique, in the order of time */
export function spillPath(time: number, id: string): string {
  return `${hourPath(time)}/${id}.jsonl`;
}

/**
 * A poison event's blob in `dead-letter`. The same delivery always gets the same name; the enqueued time is part of it
 * because a hub that is deleted and made again counts its sequence numbers from 0.
 */
export function deadLetterPath(
  hub: string,
  partition: string,
  sequenceNumber: number,
  enqueuedTime: number,
): string {
  return `${hub}/${hourPath(enqueuedTime)}/${partition}-${sequenceNumber}-${enqueuedTime}.json`;
}
