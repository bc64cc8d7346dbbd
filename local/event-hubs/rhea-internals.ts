import type { Connection, Receiver, Sender, Session } from 'rhea';

/**
 * The parts of rhea that its typings leave out and the broker needs: to have messages as they came (rhea decodes those
 * of format 0), to send many in one write, and to bound what a client can make it hold. Each is checked once, where it
 * is used first, so that another version of rhea fails at the first connection and not in some odd way later.
 */

/** A transfer frame as rhea hands it from the connection to the session. */
export interface TransferFrame {
  readonly performative: {
    message_format: unknown;
    readonly handle: unknown;
    readonly aborted: unknown;
  };
  payload?: Buffer | undefined;
}

/** What a session keeps of the transfers that it sends. */
interface Outgoing {
  next_delivery_id: number;
  next_pending_delivery: number;
  next_transfer_id: number;
  window: number;
  readonly deliveries: { readonly size: number };
  transfer_window(): number;
}

/** A session with its outgoing state and its numbers on the wire. */
export interface OpenSession {
  readonly outgoing: Outgoing;
  readonly local: { readonly channel: number };
}

/** A link on which the broker sends. */
export interface OpenSender {
  credit: number;
  delivery_count: number;
  readonly local: { readonly handle: number };
}

/** The session's outgoing state. @throws TypeError */
export function internalsOfSession(session: Session): OpenSession {
  const candidate: unknown = session;
  if (!isOpenSession(candidate)) throw new TypeError("this version of rhea's sessions is not known");
  return candidate;
}

/** The link's credit and handle. @throws TypeError */
export function internalsOfSender(sender: Sender): OpenSender {
  const candidate: unknown = sender;
  if (!isOpenSender(candidate)) throw new TypeError("this version of rhea's links is not known");
  return candidate;
}

/** What {@link watchSession} reports. */
export interface SessionWatch {
  /** A transfer for a link; it may be changed before rhea sees it. */
  transfer(receiver: unknown, frame: TransferFrame): void;
  /** The peer may have granted credit, or room in the session. */
  flow(): void;
}

/** Sees the transfers of a session before rhea does, and its flow frames after. @throws TypeError */
export function watchSession(session: Session, watch: SessionWatch): void {
  const onTransfer = methodOf(session, 'on_transfer');
  const onFlow = methodOf(session, 'on_flow');
  const linkOf = methodOf(session, '_get_link');
  Object.assign(session, {
    on_transfer: (frame: unknown) => {
      if (!isTransferFrame(frame)) throw new TypeError("this version of rhea's transfers is not known");
      watch.transfer(linkOf(frame), frame);
      onTransfer(frame);
    },
    on_flow: (frame: unknown) => {
      onFlow(frame);
      watch.flow();
    },
  });
}

/** Reports errors of rhea's own turns (it works in `process.nextTick`), which would otherwise end the process. */
export function catchErrors(connection: Connection, failed: (error: unknown) => void): void {
  const processTurn = methodOf(connection, '_process');
  Object.assign(connection, {
    _process: () => {
      try {
        processTurn();
      } catch (error) {
        failed(error);
      }
    },
  });
}

/** Gives an accepted socket to a connection. */
export function acceptSocket(connection: Connection, socket: unknown): void {
  methodOf(connection, 'accept')(socket);
}

/** The size of the frame that a connection has received in part; 0 while there is none. */
export function announcedFrameSize(connection: Connection): number {
  const size: unknown = connection['frame_size'];
  return typeof size === 'number' ? size : 0;
}

/** Has a connection write what has become due on its links. */
export function writeSoon(connection: Connection): void {
  methodOf(connection, '_register')();
}

/** Sets how deliveries on a link are settled, before its attach frame is written. */
export function settleWhenSent(sender: Sender): void {
  const attach: unknown = 'local' in sender && isRecord(sender.local) ? sender.local['attach'] : undefined;
  if (!isRecord(attach)) throw new TypeError("this version of rhea's links is not known");
  attach['snd_settle_mode'] = 1;
}

/** Says on a link which of the peer's wishes are granted, before its attach frame is written. */
export function offerCapabilities(link: Sender | Receiver, capabilities: readonly string[]): void {
  const attach: unknown = 'local' in link && isRecord(link.local) ? link.local['attach'] : undefined;
  if (!isRecord(attach)) throw new TypeError("this version of rhea's links is not known");
  attach['offered_capabilities'] = capabilities;
}

function methodOf(owner: object, name: string): (...args: readonly unknown[]) => unknown {
  const method: unknown = Reflect.get(owner, name);
  if (typeof method !== 'function') throw new TypeError(`this version of rhea has no ${name}`);
  return (...args) => {
    const result: unknown = Reflect.apply(method, owner, args);
    return result;
  };
}

function isOpenSession(value: unknown): value is OpenSession {
  if (!isRecord(value) || !isRecord(value['local']) || !isRecord(value['outgoing'])) return false;
  const { outgoing } = value;
  return (
    typeof value['local']['channel'] === 'number' &&
    ['next_delivery_id', 'next_pending_delivery', 'next_transfer_id', 'window'].every(
      (name) => typeof outgoing[name] === 'number',
    ) &&
    isRecord(outgoing['deliveries']) &&
    typeof outgoing['deliveries']['size'] === 'number' &&
    typeof outgoing['transfer_window'] === 'function'
  );
}

function isOpenSender(value: unknown): value is OpenSender {
  return (
    isRecord(value) &&
    typeof value['credit'] === 'number' &&
    typeof value['delivery_count'] === 'number' &&
    isRecord(value['local']) &&
    typeof value['local']['handle'] === 'number'
  );
}

function isTransferFrame(value: unknown): value is TransferFrame {
  if (!isRecord(value) || !isRecord(value['performative'])) return false;
  const { payload } = value;
  return 'message_format' in value['performative'] && (payload === undefined || Buffer.isBuffer(payload));
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
