import rhea, { type EventContext } from 'rhea';
import { MAX_FRAME_SIZE } from '../local/event-hubs/client-connection.ts';
import { brokerConnectionString } from '../local/event-hubs/connection-string.ts';
import { RequestLinks } from '../local/event-hubs/request-links.ts';
import { LOOPBACK } from '../local/listen.ts';

/**
 * The reference of the broker benchmark: rhea as a server that accepts what the SDK sends and forgets it. It reads no
 * event, keeps nothing, and nobody can receive from it: an upper bound for every broker that is built on rhea.
 */

/** Sends that a client may have under way. */
const CREDIT = 1_000;

const requests = new RequestLinks(() => undefined);
const container = rhea.create_container({ id: 'bare-hub' });
container.on('receiver_open', ({ receiver }: EventContext) => {
  if (receiver === undefined) return;
  const { address } = receiver.target;
  receiver.set_target({ address: address ?? '' });
  if (address === '$cbs') requests.openRequests(receiver, 'cbs');
});
container.on('sender_open', ({ sender }: EventContext) => {
  if (sender === undefined) return;
  sender.set_source({ address: '$cbs' });
  requests.openReplies(sender);
});
container.on('message', ({ delivery }: EventContext) => delivery?.accept());
container.on('disconnected', () => undefined);
const server = container.listen({
  port: 0,
  host: LOOPBACK,
  noDelay: true,
  max_frame_size: MAX_FRAME_SIZE,
  receiver_options: { credit_window: CREDIT, autoaccept: false, max_message_size: MAX_FRAME_SIZE },
});
server.on('listening', () => {
  const address = server.address();
  if (typeof address !== 'object' || address === null) throw new Error('There is no port');
  process.send?.({ type: 'ready', connectionString: brokerConnectionString(address.port) });
});
process.on('disconnect', () => process.exit(0));
