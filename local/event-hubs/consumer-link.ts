import type { Socket } from 'node:net';
import type { Sender } from 'rhea';
import type { EventCursor, StoredEvent } from './event-cursor.ts';
import type { PartitionLog } from './partition-log.ts';
import type { LinkProblem } from './link-problem.ts';
import type { Reader } from './reader-places.ts';
import { internalsOfSender, internalsOfSession, writeSoon } from './rhea-internals.ts';
import type { OpenSender, OpenSession } from './rhea-internals.ts';
import { Slabs } from './slabs.ts';
import { partitionEndSection } from './system-annotations.ts';
import { encodeTransfers } from './transfer-frames.ts';

/** Events go out in writes of about this size… */
const WRITE_BYTES = 128 * 1024;
/** …while fewer bytes than this wait in the socket for a slow client. */
const SOCKET_BYTES = 1024 * 1024;

/** At most this much of a frame is not message. */
const FRAME_OVERHEAD = 64;

/** What a consumer asked for when it attached its link. */
export interface ConsumerWishes {
  readonly epoch: number | undefined;
  readonly name: string;
  /** Whether each event shall come with where its partition ends. */
  readonly trackEnd: boolean;
  /** The longest frame that its client takes. */
  readonly maxFrameSize: number;
}

/**
 * A link on which a client receives the events of one partition. They are sent as soon as they are in the log, as far
 * as the client has granted credit and takes them from its socket; nothing else is kept for it.
 *
 * The frames are written past rhea, several in one piece: rhea's own way costs more than all the rest of a delivery.
 * Its counters are kept as it would keep them.
 */
export class ConsumerLink implements Reader {
  readonly epoch: number | undefined;
  readonly name: string;
  readonly #sender: Sender;
  readonly #link: OpenSender;
  readonly #session: OpenSession;
  readonly #socket: Socket;
  readonly #log: PartitionLog;
  readonly #cursor: EventCursor;
  readonly #wishes: ConsumerWishes;
  readonly #now: () => number;
  readonly #failed: (error: unknown) => void;
  readonly #unwatch: () => void;
  readonly #memory = new Slabs();
  #held: StoredEvent | undefined;
  #busy = false;
  #closed = false;
  #draining = false;
  #awaitsSocket = false;

  /** @param failed told when the log can't be read */
  constructor(
    sender: Sender,
    socket: Socket,
    log: PartitionLog,
    cursor: EventCursor,
    wishes: ConsumerWishes,
    now: () => number,
    failed: (error: unknown) => void,
  ) {
    this.epoch = wishes.epoch;
    this.name = wishes.name;
    this.#sender = sender;
    this.#link = internalsOfSender(sender);
    this.#session = internalsOfSession(sender.session);
    this.#socket = socket;
    this.#log = log;
    this.#cursor = cursor;
    this.#wishes = wishes;
    this.#now = now;
    this.#failed = failed;
    this.#unwatch = log.watch(() => this.wake());
    sender.on('sender_draining', () => {
      this.#draining = true;
    });
  }

  /** There may be something to send: events, credit, or room in the socket. */
  wake(): void {
    if (this.#busy || this.#closed) return;
    this.#busy = true;
    // After rhea's turn: it may still have to write that the link is open.
    process.nextTick(() => {
      this.#run().catch((error: unknown) => {
        if (!this.#closed) this.#failed(error);
      });
    });
  }

  /** Closes the link: another reader has taken its place. */
  async end(problem: LinkProblem): Promise<void> {
    this.#sender.close(problem);
    await this.stop();
  }

  /** Ends the sending; the link itself is the caller's to close. */
  async stop(): Promise<void> {
    this.#closed = true;
    this.#unwatch();
    await this.#cursor.close();
  }

  async #run(): Promise<void> {
    try {
      while (!this.#closed && this.#canSend()) {
        const events = this.#collect();
        if (events.length > 0) this.#send(events);
        else if (this.#cursor.atEnd) break;
        else await this.#cursor.load();
      }
      if (this.#draining && this.#cursor.atEnd && !this.#closed) this.#confirmDrain();
    } finally {
      this.#busy = false;
      if (this.#closed || this.#cursor.atEnd) await this.#cursor.close();
    }
  }

  #canSend(): boolean {
    const { outgoing } = this.#session;
    if (this.#link.credit <= 0 || !(outgoing.transfer_window() > 0)) return false;
    if (this.#socket.destroyed) return false;
    if (this.#socket.writableLength > SOCKET_BYTES) {
      this.#wakeWhenDrained();
      return false;
    }
    if (outgoing.deliveries.size > 0 || outgoing.next_pending_delivery !== outgoing.next_delivery_id) {
      // Something of rhea's is about to go out on this session; it does so before the next turn of the loop.
      setImmediate(() => this.wake());
      return false;
    }
    return true;
  }

  #wakeWhenDrained(): void {
    if (this.#awaitsSocket) return;
    this.#awaitsSocket = true;
    this.#socket.once('drain', () => {
      this.#awaitsSocket = false;
      this.wake();
    });
  }

  /** The events for the next write. */
  #collect(): StoredEvent[] {
    const events: StoredEvent[] = [];
    const room = Math.min(this.#link.credit, this.#session.outgoing.transfer_window());
    let bytes = 0;
    let frames = 0;
    while (events.length < room && bytes < WRITE_BYTES) {
      const event = this.#held ?? this.#cursor.next();
      this.#held = undefined;
      if (event === undefined) break;
      const size = event.end - event.start;
      frames += Math.ceil(size / (this.#wishes.maxFrameSize - FRAME_OVERHEAD));
      if (frames > room && events.length > 0) {
        this.#held = event;
        break;
      }
      events.push(event);
      bytes += size;
    }
    return events;
  }

  #send(events: readonly StoredEvent[]): void {
    const { outgoing, local } = this.#session;
    const context = {
      channel: local.channel,
      handle: this.#link.local.handle,
      firstDeliveryId: outgoing.next_delivery_id,
      maxFrameSize: this.#wishes.maxFrameSize,
    };
    // Once the socket has handed everything to the system, what it was given can be overwritten.
    if (this.#socket.writableLength === 0) this.#memory.reuse();
    const annotations = this.#wishes.trackEnd ? this.#end() : undefined;
    const { bytes, frames } = encodeTransfers(events, context, annotations, this.#memory);
    outgoing.next_delivery_id += events.length;
    outgoing.next_pending_delivery += events.length;
    outgoing.next_transfer_id += frames;
    outgoing.window -= frames;
    this.#link.credit -= events.length;
    this.#link.delivery_count += events.length;
    this.#socket.write(bytes);
  }

  #end(): Buffer {
    const { end, last } = this.#log;
    return partitionEndSection({
      sequenceNumber: end.sequence - 1,
      offset: String(last?.offset ?? -1),
      enqueuedTime: last?.enqueuedTime ?? 0,
      retrievalTime: this.#now(),
    });
  }

  #confirmDrain(): void {
    this.#draining = false;
    this.#sender.set_drained(true);
    writeSoon(this.#sender.connection);
  }
}
