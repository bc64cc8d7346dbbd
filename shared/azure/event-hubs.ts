import { EventHubProducerClient, MessagingError } from '@azure/event-hubs';
import type { Access } from '../config.ts';
import type { EventSender } from '../events/ports.ts';
import { Failure, messageOf } from '../failure.ts';
import { encodeBatch } from './amqp-batch.ts';
import { unlessDisconnected } from './connection-loss.ts';
import { credentialFor } from './identity.ts';
import { within } from '../patience.ts';

/** Above 256 KiB a send may wait 40 ms for a delayed acknowledgement of TCP, and a hub of the basic tier refuses it. */
const MAX_BATCH_BYTES = 255 * 1024;
/** The SDK bounds each step of a send by its own time; a caller waits for all of them. */
const SEND_MS = 1_000;
/** One try: the log decides what happens next, and the SDK's own retries would take minutes. */
const retryOptions = { maxRetries: 0, timeoutInMs: SEND_MS };
/** The first connection may have to wait for a token. */
const PROBE_MS = 10_000;

/**
 * A sender for one hub, over one AMQP connection that the first call opens; `probe` opens it too. A send that ends with
 * an error may have been carried out all the same: it cannot be recalled.
 * @param access `endpoint` is the fully qualified name of the Event Hubs namespace
 */
export async function openEventSender(access: Access, hub: string): Promise<EventSender> {
  const client =
    access.by === 'connection-string'
      ? new EventHubProducerClient(access.connectionString, hub, { retryOptions })
      : new EventHubProducerClient(access.endpoint, hub, await credentialFor(access.clientId), {
          retryOptions,
        });
  return {
    maxBytes: MAX_BATCH_BYTES,
    send: (events) => {
      const batch = encodedBatch(events);
      if (batch.sizeInBytes > MAX_BATCH_BYTES) {
        return Promise.reject(
          new Failure(
            'too-large',
            `${batch.sizeInBytes} bytes are more than a send holds, ${MAX_BATCH_BYTES}`,
          ),
        );
      }
      return translate(
        `send to ${hub}`,
        within(SEND_MS, () => unlessDisconnected(client, () => client.sendBatch(batch))),
      );
    },
    probe: () =>
      translate(
        `ask ${hub}`,
        within(PROBE_MS, async () => {
          await client.getEventHubProperties();
          // Opens the link as well: a send that opens it may come before the hub has said how much it takes.
          await client.createBatch();
        }),
      ),
    close: () =>
      translate(
        `close ${hub}`,
        within(SEND_MS, () => client.close()),
      ),
  };
}

/**
 * A batch as the SDK sends it, but encoded here. `_generateMessage` and `_messageSpanContexts` are what the SDK's sender
 * asks of a batch beside its public members; tests hold this to the SDK's own batches.
 */
function encodedBatch(events: readonly string[]) {
  const message = encodeBatch(events);
  return {
    count: events.length,
    sizeInBytes: message.length,
    maxSizeInBytes: MAX_BATCH_BYTES,
    tryAdd: () => false,
    _messageSpanContexts: [],
    _generateMessage: () => message,
  };
}

async function translate<T>(what: string, answer: Promise<T>): Promise<T> {
  try {
    return await answer;
  } catch (error) {
    if (error instanceof MessagingError && error.code === 'MessageTooLargeError') {
      throw new Failure('too-large', messageOf(error), { cause: error });
    }
    throw new Failure('unavailable', `Event Hubs did not answer as expected (${what})`, { cause: error });
  }
}
