import { EventHubConsumerClient, earliestEventPosition } from '@azure/event-hubs';
import { PREDICTIONS_HUB } from '../shared/events/log-layout.ts';
import { type CountResult, countRequestSchema } from './hub-clients.ts';

/**
 * Receives from every partition of the hub with the real SDK and only counts: `node hub-counter.ts CONNECTION [SINCE]`,
 * SINCE in milliseconds since 1970, default: from the beginning. It begins when the parent first says over the channel
 * how many to wait for, and answers each time when as many more have come.
 */

const [connection = '', since] = process.argv.slice(2);
const client = new EventHubConsumerClient('$Default', connection, PREDICTIONS_HUB);
let subscribed = false;
let counted = 0;
let first = Number.NaN;
let waiting: { readonly expect: number; readonly started: number } | undefined;

function take(events: readonly unknown[]): Promise<void> {
  if (events.length > 0) {
    if (counted === 0) first = performance.now();
    counted += events.length;
    answer();
  }
  return Promise.resolve();
}

function answer(): void {
  if (waiting === undefined || counted < waiting.expect) return;
  const now = performance.now();
  const result: CountResult = {
    events: counted,
    seconds: (now - first) / 1_000,
    secondsInAll: (now - waiting.started) / 1_000,
  };
  [counted, waiting] = [0, undefined];
  process.send?.({ type: 'done', ...result });
}

process.on('message', (message) => {
  waiting = { ...countRequestSchema.parse(message), started: performance.now() };
  answer();
  if (subscribed) return;
  subscribed = true;
  client.subscribe(
    {
      processEvents: take,
      processError: (error) => {
        console.error(error);
        process.exit(1);
      },
    },
    {
      startPosition: since === undefined ? earliestEventPosition : { enqueuedOn: Number(since) },
      maxBatchSize: 1_000,
      prefetchCount: 3_000,
      maxWaitTimeInSeconds: 1,
    },
  );
});
process.on('disconnect', () => process.exit(0));
process.send?.({ type: 'ready' });
