import type { Socket } from 'node:net';
import type { Connection, EventContext, Receiver, Sender, Session } from 'rhea';
import { readConsumerRequest, readProducerRequest, TRACK_END_CAPABILITY } from './attach-request.ts';
import { ConsumerLink } from './consumer-link.ts';
import { EventCursor } from './event-cursor.ts';
import type { HubDirectory } from './hub-directory.ts';
import type { LinkProblem } from './link-problem.ts';
import { ProducerLink } from './producer-link.ts';
import { stolen } from './reader-places.ts';
import { RequestLinks } from './request-links.ts';
import { acceptSocket, announcedFrameSize, catchErrors, offerCapabilities } from './rhea-internals.ts';
import { settleWhenSent, watchSession } from './rhea-internals.ts';
import { checkStartPosition, InvalidPosition, parseStartPosition } from './start-position.ts';

/** The longest frame that the broker takes: a whole send of the SDK is one frame. */
export const MAX_FRAME_SIZE = 1024 * 1024;
/** A client is not read from while more than this of what it sent is waiting for the disk. */
const UNWRITTEN_BYTES = 16 * 1024 * 1024;

/** How long a client may take to receive the last answers when the broker stops, in milliseconds. */
const END_BOUND = 500;

/** What a connection gets from the broker. */
export interface Surroundings {
  readonly hubs: HubDirectory;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  readonly report: (problem: string, error: unknown) => void;
}

/** One client: its links to hubs and to the nodes that answer requests. */
export class ClientConnection {
  readonly #socket: Socket;
  readonly #connection: Connection;
  readonly #around: Surroundings;
  readonly #requests: RequestLinks;
  readonly #producers = new Map<unknown, ProducerLink>();
  readonly #consumers = new Map<unknown, { readonly link: ConsumerLink; readonly leave: () => void }>();
  #unwritten = 0;

  constructor(socket: Socket, connection: Connection, around: Surroundings) {
    this.#socket = socket;
    this.#connection = connection;
    this.#around = around;
    this.#requests = new RequestLinks((name) => around.hubs.hub(name));
    this.#listen();
    acceptSocket(connection, socket);
    socket.on('data', () => {
      if (announcedFrameSize(connection) > MAX_FRAME_SIZE)
        this.#fail(new RangeError('the frame is too long'));
    });
  }

  /** Ends the connection once the client has taken what is under way, or doesn't take it. */
  end(): void {
    this.#socket.destroySoon();
    const bound = setTimeout(() => this.#socket.destroy(), END_BOUND);
    this.#socket.once('close', () => clearTimeout(bound));
  }

  #listen(): void {
    const connection = this.#connection;
    connection.on('session_open', ({ session }: { session: Session }) => this.#openSession(session));
    connection.on('session_close', ({ session }: { session: Session }) => this.#leaveSession(session));
    connection.on('session_error', ignore);
    connection.on('receiver_open', ({ receiver }: { receiver: Receiver }) => this.#openProducer(receiver));
    connection.on('receiver_close', ({ receiver }: { receiver: Receiver }) =>
      this.#producers.delete(receiver),
    );
    connection.on('receiver_error', ignore);
    connection.on('sender_open', ({ sender }: { sender: Sender }) => this.#openConsumer(sender));
    connection.on('sender_close', ({ sender }: { sender: Sender }) => this.#closeConsumer(sender));
    connection.on('sender_error', ignore);
    connection.on('connection_close', ignore);
    connection.on('connection_error', ignore);
    // The socket says more reliably when it is over.
    connection.on('disconnected', ignore);
    connection.on('protocol_error', (error: unknown) => this.#fail(error));
    connection.on('error', (error: unknown) => this.#fail(error));
    catchErrors(connection, (error) => this.#fail(error));
    this.#socket.on('close', () => {
      for (const sender of this.#consumers.keys()) this.#closeConsumer(sender);
      this.#producers.clear();
    });
  }

  #openSession(session: Session): void {
    watchSession(session, {
      transfer: (receiver, frame) => this.#producers.get(receiver)?.transfer(frame),
      flow: () => {
        for (const { link } of this.#consumers.values()) link.wake();
      },
    });
  }

  #leaveSession(session: Session): void {
    for (const sender of this.#consumers.keys()) {
      if (isLinkOf(sender, session)) this.#closeConsumer(sender);
    }
    for (const receiver of this.#producers.keys()) {
      if (isLinkOf(receiver, session)) this.#producers.delete(receiver);
    }
  }

  #openProducer(receiver: Receiver): void {
    const { address, path, idempotent } = readProducerRequest(receiver);
    if (address?.kind === 'cbs' || address?.kind === 'management') {
      receiver.set_target({ address: path });
      this.#requests.openRequests(receiver, address.kind);
      return;
    }
    const hub = address?.kind === 'hub' ? this.#around.hubs.hub(address.hub) : undefined;
    const partition = address?.kind === 'hub' ? address.partition : undefined;
    const log = partition === undefined ? undefined : hub?.log(partition);
    if (hub === undefined || (partition !== undefined && log === undefined)) {
      receiver.close(notFound(path));
      return;
    }
    if (idempotent) {
      receiver.close({
        condition: 'amqp:not-implemented',
        description: 'Idempotent producers are not supported.',
      });
      return;
    }
    receiver.set_target({ address: path });
    const link = new ProducerLink(receiver, hub, log, {
      add: (bytes) => this.#waitForDisk(bytes),
      remove: (bytes) => this.#waitForDisk(-bytes),
    });
    this.#producers.set(receiver, link);
    receiver.on('message', ({ message, delivery }: EventContext) => {
      if (delivery !== undefined) link.message(delivery, message);
    });
  }

  #openConsumer(sender: Sender): void {
    const request = readConsumerRequest(sender);
    const { address, path } = request;
    settleWhenSent(sender);
    if (address?.kind === 'cbs' || address?.kind === 'management') {
      sender.set_source({ address: path });
      this.#requests.openReplies(sender);
      return;
    }
    const found =
      address?.kind === 'consumer'
        ? this.#around.hubs.consumers(address.hub, address.group, address.partition)
        : undefined;
    if (found === undefined) {
      sender.close(notFound(path));
      return;
    }
    const { log, places } = found;
    try {
      const start = parseStartPosition(request.selector);
      checkStartPosition(start, log);
      const wishes = { ...request, maxFrameSize: this.#maxFrameSize() };
      const cursor = new EventCursor(log, start);
      const link = new ConsumerLink(sender, this.#socket, log, cursor, wishes, this.#around.now, (error) => {
        this.#around.report(`${path} can't be read`, error);
        this.#closeConsumer(sender);
        sender.close({ condition: 'amqp:internal-error', description: String(error) });
      });
      const place = places.take(link);
      if ('refused' in place) {
        this.#settle(link.stop());
        sender.close(place.refused);
        return;
      }
      this.#consumers.set(sender, { link, leave: () => places.leave(link) });
      for (const other of place.displaced) this.#settle(other.end(stolen(other, link)));
    } catch (error) {
      if (!(error instanceof InvalidPosition)) throw error;
      sender.close({ condition: 'com.microsoft:argument-error', description: error.message });
      return;
    }
    sender.set_source({ address: path });
    if (request.trackEnd) offerCapabilities(sender, [TRACK_END_CAPABILITY]);
  }

  #closeConsumer(sender: unknown): void {
    const consumer = this.#consumers.get(sender);
    if (consumer === undefined) return;
    this.#consumers.delete(sender);
    consumer.leave();
    this.#settle(consumer.link.stop());
  }

  #settle(stopped: Promise<void>): void {
    stopped.catch((error: unknown) => this.#around.report('a file could not be closed', error));
  }

  #maxFrameSize(): number {
    const size: unknown = this.#connection.max_frame_size;
    // 512 is the least that a peer must take.
    return typeof size === 'number' ? Math.max(size, 512) : 0xffffffff;
  }

  #waitForDisk(bytes: number): void {
    this.#unwritten += bytes;
    if (this.#unwritten > UNWRITTEN_BYTES) this.#socket.pause();
    else if (this.#socket.isPaused() && this.#unwritten < UNWRITTEN_BYTES / 2) this.#socket.resume();
  }

  #fail(error: unknown): void {
    this.#around.report('a client did not speak AMQP as it should and is disconnected', error);
    this.#socket.destroy();
  }
}

function isLinkOf(link: unknown, session: Session): boolean {
  return typeof link === 'object' && link !== null && 'session' in link && link.session === session;
}

function notFound(path: string): LinkProblem {
  return { condition: 'amqp:not-found', description: `The messaging entity '${path}' could not be found.` };
}

function ignore(): void {
  // Handled elsewhere; rhea makes an error of its own out of what nobody listens to.
}
