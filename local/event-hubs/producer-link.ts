import type { Delivery, Receiver } from 'rhea';
import { MalformedMessage } from './amqp-values.ts';
import { parseTransfer, type SentBatch } from './event-message.ts';
import type { Hub } from './hub.ts';
import type { LinkProblem } from './link-problem.ts';
import type { PartitionLog } from './partition-log.ts';
import type { TransferFrame } from './rhea-internals.ts';

/** The largest transfer, as in Azure's standard tier. */
export const MAX_MESSAGE_BYTES = 1024 * 1024;

/** Transfers that a client may have unanswered on one link. One without credit makes the SDK sleep for a second. */
const CREDIT = 2_000;
/** Credit is renewed in portions of this size. */
const CREDIT_PORTION = 250;

/** Told of what is being written, so that a client can't send faster than the disk takes it. */
export interface WriteBudget {
  add(bytes: number): void;
  remove(bytes: number): void;
}

/** A link on which a client sends events to a hub, or to one of its partitions. */
export class ProducerLink {
  readonly #receiver: Receiver;
  readonly #hub: Hub;
  readonly #partition: PartitionLog | undefined;
  readonly #budget: WriteBudget;
  #answered = 0;
  /** The delivery that is arriving. */
  #arriving: { readonly format: number | undefined; bytes: number; aborted: boolean } | undefined;

  /** @param partition the log of the partition that the link names, if it names one */
  constructor(receiver: Receiver, hub: Hub, partition: PartitionLog | undefined, budget: WriteBudget) {
    this.#receiver = receiver;
    this.#hub = hub;
    this.#partition = partition;
    this.#budget = budget;
    receiver.add_credit(CREDIT);
  }

  /** Sees a frame before rhea does: keeps messages as they came, and drops what is beyond the largest size. */
  transfer(frame: TransferFrame): void {
    const { performative } = frame;
    if (this.#arriving === undefined) {
      const format =
        typeof performative.message_format === 'number' ? performative.message_format : undefined;
      this.#arriving = { format, bytes: 0, aborted: false };
      // rhea decodes messages of format 0 only.
      if (format === 0) performative.message_format = 1;
    }
    const arriving = this.#arriving;
    arriving.bytes += frame.payload?.length ?? 0;
    if (performative.aborted === true) arriving.aborted = true;
    if (arriving.bytes > MAX_MESSAGE_BYTES && arriving.bytes !== frame.payload?.length)
      frame.payload = undefined;
  }

  /** A delivery has arrived in whole. @param message its bytes */
  message(delivery: Delivery, message: unknown): void {
    const arrived = this.#arriving;
    this.#arriving = undefined;
    if (arrived === undefined || arrived.aborted) {
      delivery.update(true);
      this.#renewCredit();
      return;
    }
    if (arrived.bytes > MAX_MESSAGE_BYTES) {
      this.#reject(delivery, tooLarge(arrived.bytes));
      return;
    }
    const batch = Buffer.isBuffer(message) ? parse(message, arrived.format) : undefined;
    if (batch === undefined || 'condition' in batch) {
      this.#reject(delivery, batch ?? decodeError('the transfer has no message'));
      return;
    }
    const log = this.#partition ?? this.#hub.route(batch.partitionKey);
    if (log === undefined) {
      this.#reject(delivery, { condition: 'amqp:not-found', description: 'The hub has no partition.' });
      return;
    }
    let waiting = 0;
    const appended = log.append(
      batch.events,
      () => {
        this.#budget.remove(waiting);
        delivery.accept();
        this.#renewCredit();
      },
      (error) => {
        this.#budget.remove(waiting);
        this.#reject(delivery, { condition: 'com.microsoft:server-busy', description: error.message });
      },
    );
    waiting = appended;
    this.#budget.add(appended);
  }

  #reject(delivery: Delivery, problem: LinkProblem): void {
    delivery.reject(problem);
    this.#renewCredit();
  }

  #renewCredit(): void {
    this.#answered += 1;
    if (this.#answered < CREDIT_PORTION) return;
    this.#receiver.add_credit(this.#answered);
    this.#answered = 0;
  }
}

function parse(message: Buffer, format: number | undefined): SentBatch | LinkProblem {
  try {
    return parseTransfer(message, format);
  } catch (error) {
    if (error instanceof MalformedMessage) return decodeError(error.message);
    throw error;
  }
}

function decodeError(reason: string): LinkProblem {
  return { condition: 'amqp:decode-error', description: `The message can't be decoded: ${reason}.` };
}

function tooLarge(bytes: number): LinkProblem {
  return {
    condition: 'amqp:link:message-size-exceeded',
    description:
      `The received message (size:${String(bytes)}) exceeds the limit (${String(MAX_MESSAGE_BYTES)}) currently ` +
      'allowed on the link.',
  };
}
