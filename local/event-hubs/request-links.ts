import rhea, { type EventContext, type Message, type Receiver, type Sender } from 'rhea';
import { z } from 'zod';
import type { Hub } from './hub.ts';
import { answerManagement, type ManagementReply } from './management.ts';

/** Requests that a client may have under way on one link. */
const CREDIT = 100;

const Request = z.object({
  message_id: z.union([z.string(), z.number(), z.instanceof(Buffer)]).nullish(),
  reply_to: z.string().nullish(),
  application_properties: z.record(z.string(), z.unknown()).nullish(),
});
const Addressed = z.object({ address: z.string() });

/** The nodes that answer requests: `$cbs`, which takes every token, and `$management`. */
export class RequestLinks {
  readonly #hubs: (name: string) => Hub | undefined;
  /** By the addresses that clients want replies sent to. */
  readonly #replies = new Map<string, Sender>();

  constructor(hubs: (name: string) => Hub | undefined) {
    this.#hubs = hubs;
  }

  /** A client sends its requests on this link. */
  openRequests(receiver: Receiver, node: 'cbs' | 'management'): void {
    receiver.add_credit(CREDIT);
    receiver.on('message', ({ message, delivery }: EventContext) => {
      delivery?.accept();
      receiver.add_credit(1);
      if (message !== undefined) this.#answer(node, message);
    });
  }

  /** A client takes its replies from this link. */
  openReplies(sender: Sender): void {
    const target = Addressed.safeParse(sender.target);
    const address = target.success ? target.data.address : sender.name;
    this.#replies.set(address, sender);
    sender.on('sender_close', () => this.#replies.delete(address));
  }

  #answer(node: 'cbs' | 'management', received: Message): void {
    const request = Request.safeParse(received);
    if (!request.success || request.data.reply_to == null) return;
    const sender = this.#replies.get(request.data.reply_to);
    // Whoever doesn't take the replies gets none: they would wait here for ever.
    if (sender === undefined || !sender.sendable() || sender.session.is_closed()) return;
    const properties = request.data.application_properties ?? {};
    const reply: ManagementReply =
      node === 'cbs' ? { status: 202, description: 'Accepted' } : answerManagement(properties, this.#hubs);
    const message = rhea.message.encode({
      ...(request.data.message_id == null ? {} : { correlation_id: correlationId(request.data.message_id) }),
      application_properties: {
        'status-code': rhea.types.wrap_int(reply.status),
        'status-description': reply.description,
        ...(reply.condition === undefined
          ? {}
          : { 'error-condition': rhea.types.wrap_symbol(reply.condition) }),
      },
      body: reply.body,
    });
    sender.send(message, undefined, 0);
  }
}

/** rhea writes any buffer as a UUID; a binary id must go back as what it was. */
function correlationId(id: string | number | Buffer): unknown {
  return Buffer.isBuffer(id) && id.length !== 16 ? rhea.types.wrap_binary(id) : id;
}
