import { openEventSender } from '../shared/azure/event-hubs.ts';
import { PREDICTIONS_HUB } from '../shared/events/log-layout.ts';
import { type EventSender, sendBytes } from '../shared/events/ports.ts';
import type { SendResult } from './hub-clients.ts';
import { sendRequestSchema } from './hub-clients.ts';
import { quantile } from './load.ts';
import { predictionEvents } from './prediction-events.ts';

/**
 * Sends prediction events with the real SDK, in a process of its own: `node hub-sender.ts MODEL`. The parent says over
 * the channel where to and how many, and gets what came of it.
 */

const [model = ''] = process.argv.slice(2);
const senders = new Map<string, EventSender>();
/** What one send of the app holds at most. */
const MAX_SEND_BYTES = 250_000;
const nextEvent = await predictionEvents(model, MAX_SEND_BYTES);

async function senderTo(connectionString: string): Promise<EventSender> {
  const known = senders.get(connectionString);
  if (known !== undefined) return known;
  const opened = await openEventSender({ by: 'connection-string', connectionString }, PREDICTIONS_HUB);
  senders.set(connectionString, opened);
  return opened;
}

/** The events of one send: so many, or as many as go into one. */
function batchOf(most: number): string[] {
  const batch: string[] = [];
  for (let bytes = 0; batch.length < most;) {
    const event = nextEvent();
    bytes += sendBytes(event);
    if (bytes > MAX_SEND_BYTES) break;
    batch.push(event);
  }
  return batch;
}

async function send(message: unknown): Promise<SendResult> {
  const { connection, perSend, atOnce, seconds, events: wanted, fresh } = sendRequestSchema.parse(message);
  const sender = await senderTo(connection);
  // Written beforehand where only the hub is measured; events to be told apart are written one by one.
  const written = fresh ? [] : Array.from({ length: 32 }, () => batchOf(perSend));
  const latencies: number[] = [];
  let [events, bytes, sends] = [0, 0, 0];
  const started = performance.now();
  const end = started + seconds * 1_000;
  await Promise.all(
    Array.from({ length: atOnce }, async () => {
      while (events < wanted && performance.now() < end) {
        const batch = written[sends % written.length] ?? batchOf(Math.min(perSend, wanted - events));
        sends++;
        events += batch.length;
        if (fresh) for (const event of batch) bytes += Buffer.byteLength(event);
        const since = performance.now();
        // One at a time: the next one waits for the answer.
        await sender.send(batch);
        latencies.push(performance.now() - since);
      }
    }),
  );
  const took = (performance.now() - started) / 1_000;
  const sorted = Float64Array.from(latencies).sort();
  return { events, bytes, sends, seconds: took, p50: quantile(sorted, 0.5), p99: quantile(sorted, 0.99) };
}

process.on('message', (message) => {
  send(message).then(
    (result) => process.send?.({ type: 'done', ...result }),
    (error: unknown) => {
      console.error(error);
      process.exit(1);
    },
  );
});
process.on('disconnect', () => process.exit(0));
process.send?.({ type: 'ready' });
