import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import rhea, { type Connection, type ConnectionOptions, type EventContext } from 'rhea';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { receive, startTestBroker, type TestBroker } from './running-broker.ts';

let broker: TestBroker;
beforeAll(async () => {
  broker = await startTestBroker();
});
afterAll(() => broker[Symbol.asyncDispose]());

/** A client of rhea alone, which can do what the SDK doesn't. */
function plain(options: Partial<ConnectionOptions> & { port?: number } = {}): Connection {
  const container = rhea.create_container();
  container.on('disconnected', ignore);
  container.on('error', ignore);
  return container.connect({ host: '127.0.0.1', port: broker.port, reconnect: false, ...options });
}
function ignore(): void {
  // The tests look at what the broker does.
}

const consumerOf = (partition: string) => `h/ConsumerGroups/$Default/Partitions/${partition}`;
const { message } = rhea;

describe('a client that speaks AMQP by itself', () => {
  it('sends a message that is no batch, and the SDK receives it', async () => {
    const connection = plain();
    const sender = connection.open_sender('h/Partitions/0');
    await once(sender, 'sendable');
    sender.send({
      body: message.data_section(Buffer.from('"plain"')),
      application_properties: { small: rhea.types.wrap_ubyte(5) },
    });
    await once(sender, 'accepted');
    connection.close();
    const [seen] = await receive(broker.consumer(), 1, { offset: '-1' }, '0');
    expect(seen?.event).toMatchObject({ body: 'plain', properties: { small: 5 } });
  });

  it('is told when its message is malformed, and may go on', async () => {
    const connection = plain();
    const sender = connection.open_sender('h/Partitions/1');
    await once(sender, 'sendable');
    sender.send(Buffer.from('nonsense'), undefined, 0x80013700);
    const [context]: EventContext[] = await once(sender, 'rejected');
    expect(context?.delivery?.remote_state?.['error']).toMatchObject({ condition: 'amqp:decode-error' });
    sender.send({ body: message.data_section(Buffer.from('1')) });
    await once(sender, 'accepted');
    connection.close();
  });

  it('is refused as an idempotent producer, since repeats are not recognised', async () => {
    const connection = plain();
    const sender = connection.open_sender({
      target: { address: 'h' },
      desired_capabilities: ['com.microsoft:idempotent-producer'],
    });
    await once(sender, 'sender_error');
    expect(sender.error).toMatchObject({ condition: 'amqp:not-implemented' });
    connection.close();
  });

  it('receives large events in frames of the size that it takes', async () => {
    const body = Buffer.from(Array.from({ length: 300_000 }, (_, index) => (index * 31) & 0xff));
    await broker.producer().sendBatch([{ body: 'first' }, { body }, { body: 'last' }], { partitionId: '2' });
    const connection = plain({ max_frame_size: 4_096 });
    const receiver = connection.open_receiver({ source: consumerOf('2'), credit_window: 0 });
    receiver.add_credit(3);
    const contents: Buffer[] = [];
    await new Promise<void>((resolve) => {
      receiver.on('message', ({ message: received }: EventContext) => {
        contents.push(received?.body.content);
        if (contents.length === 3) resolve();
      });
    });
    expect(contents[1]?.equals(body)).toBe(true);
    expect(contents[2]?.toString()).toBe('"last"');
    connection.close();
  });

  it('gets as many events as it gave credit for, and its credit back when it drains the link', async () => {
    await broker.producer().sendBatch(
      Array.from({ length: 10 }, (_, index) => ({ body: index })),
      {
        partitionId: '3',
      },
    );
    const connection = plain();
    const receiver = connection.open_receiver({ source: consumerOf('3'), credit_window: 0 });
    const seen: string[] = [];
    let wanted = 4;
    let done = (): void => undefined;
    receiver.on('message', ({ message: received }: EventContext) => {
      seen.push(String(received?.body.content));
      if (seen.length === wanted) done();
    });
    const take = async (count: number) => {
      wanted = seen.length + count;
      const all = new Promise<void>((resolve) => {
        done = resolve;
      });
      receiver.add_credit(count);
      await all;
    };
    await take(4);
    await take(2);
    expect(seen).toEqual(['0', '1', '2', '3', '4', '5']);
    receiver.add_credit(100);
    receiver.drain_credit();
    await once(receiver, 'receiver_drained');
    expect(seen).toHaveLength(10);
    connection.close();
  });

  it('that does not read costs the broker no memory for what it does not take', async () => {
    const producer = broker.producer('one');
    const body = Buffer.alloc(200_000, 1);
    const count = 250;
    for (let index = 0; index < count; index += 1) await producer.sendBatch([{ body }]);
    // Between the client and the broker, something that for a while doesn't pass on what the broker sends.
    const sockets: { client?: Socket; toBroker?: Socket } = {};
    const between = createServer((client) => {
      const toBroker = connect(broker.port, '127.0.0.1');
      for (const socket of [client, toBroker]) socket.on('error', ignore);
      client.pipe(toBroker).pipe(client);
      Object.assign(sockets, { client, toBroker });
    }).listen(0, '127.0.0.1');
    await once(between, 'listening');
    const connection = plain({ port: portOf(between.address()) });
    const receiver = connection.open_receiver({
      source: 'one/ConsumerGroups/$Default/Partitions/0',
      credit_window: 0,
    });
    await once(receiver, 'receiver_open');
    sockets.toBroker?.unpipe().pause();
    const before = process.memoryUsage().arrayBuffers;
    receiver.add_credit(10_000);
    let peak = 0;
    for (let turn = 0; turn < 100; turn += 1) {
      await producer.getEventHubProperties();
      peak = Math.max(peak, process.memoryUsage().arrayBuffers - before);
    }
    expect(peak).toBeLessThan((count * body.length) / 3);
    const all = new Promise<void>((resolve) => {
      let seen = 0;
      receiver.on('message', () => {
        seen += 1;
        if (seen === count) resolve();
      });
    });
    if (sockets.client !== undefined) sockets.toBroker?.pipe(sockets.client);
    await all;
    connection.close();
    between.close();
  });
});

describe('a client that speaks nonsense', () => {
  it('is disconnected, and nobody else notices', async () => {
    const header = Buffer.from('AMQP\x00\x01\x00\x00', 'latin1');
    const sasl = Buffer.from('AMQP\x03\x01\x00\x00', 'latin1');
    const junk = [
      Buffer.from('GET / HTTP/1.1\r\nHost: x\r\n\r\n'),
      Buffer.concat([header, Buffer.alloc(12)]),
      Buffer.concat([header, Buffer.from([0, 0, 0, 9, 1, 0, 0, 0, 0xff])]),
      Buffer.concat([header, Buffer.from([0x7f, 0xff, 0xff, 0xff, 2, 0, 0, 0])]),
      Buffer.concat([sasl, Buffer.from([0, 0, 0, 12, 2, 1, 0, 0, 0, 0x53, 0x99, 0x45])]),
    ];
    for (const bytes of junk) await closedAfter(bytes);
    await expect(isEmpty('1')).resolves.toBe(false);
  });

  it('can change any byte of a conversation without harm to the broker', async () => {
    const random = generator(42);
    for (let round = 0; round < 40; round += 1) await garbledConversation(random);
    await expect(isEmpty('1')).resolves.toBe(false);
  });
});

/** Sends bytes; resolves once the broker has closed the connection. */
async function closedAfter(bytes: Buffer): Promise<void> {
  const socket = connect(broker.port, '127.0.0.1');
  socket.on('error', ignore);
  socket.resume();
  const closed = once(socket, 'close');
  socket.write(bytes);
  await closed;
}

/** Whether a partition holds nothing, even after an event was sent to it. */
async function isEmpty(partitionId: string): Promise<boolean> {
  const producer = broker.producer();
  await producer.sendBatch([{ body: 'alive' }], { partitionId });
  return (await producer.getPartitionProperties(partitionId)).isEmpty;
}

/** A client sends and receives through something that changes some of its bytes. */
async function garbledConversation(random: () => number): Promise<void> {
  let seen = 0;
  const position = Math.floor(random() * 900) + 8;
  const between = createServer((client) => {
    const toBroker = connect(broker.port, '127.0.0.1');
    const end = () => {
      client.destroy();
      toBroker.destroy();
    };
    for (const socket of [client, toBroker]) socket.on('error', end).on('close', end);
    toBroker.pipe(client);
    client.on('data', (bytes) => {
      const changed = Buffer.from(bytes);
      if (position >= seen && position < seen + changed.length)
        changed[position - seen] = Math.floor(random() * 256);
      seen += changed.length;
      toBroker.write(changed);
    });
  }).listen(0, '127.0.0.1');
  await once(between, 'listening');
  const connection = plain({ port: portOf(between.address()) });
  const over = new Promise<void>((resolve) => {
    connection.on('disconnected', () => resolve());
    connection.on('connection_close', () => resolve());
    setTimeout(resolve, 100);
  });
  const sender = connection.open_sender('h/Partitions/1');
  sender.on('sender_error', ignore);
  sender.once('sendable', () => {
    for (let index = 0; index < 3; index += 1) sender.send({ body: message.data_section(Buffer.from('x')) });
  });
  const receiver = connection.open_receiver(consumerOf('1'));
  receiver.on('receiver_error', ignore);
  await over;
  connection.close();
  between.close();
}

function portOf(address: AddressInfo | string | null): number {
  return address === null || typeof address === 'string' ? 0 : address.port;
}

/** The same random numbers in every run (mulberry32). */
function generator(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
