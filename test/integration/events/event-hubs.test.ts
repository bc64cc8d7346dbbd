import { connect, createServer, type Socket } from 'node:net';
import { once } from 'node:events';
import { earliestEventPosition } from '@azure/event-hubs';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { openEventSender } from '../../../shared/azure/event-hubs.ts';
import { type EventSender, sendBytes } from '../../../shared/events/ports.ts';
import { brokerConnectionString } from '../../../local/event-hubs/connection-string.ts';
import { receive, startTestBroker, type TestBroker } from '../local/event-hubs/running-broker.ts';
import { eventOf, idAt } from '../../fixtures/prediction-events.ts';

let broker: TestBroker;
beforeAll(async () => {
  broker = await startTestBroker();
});
afterAll(() => broker[Symbol.asyncDispose]());

async function senderTo(connectionString: string): Promise<EventSender> {
  const sender = await openEventSender({ by: 'connection-string', connectionString }, 'one');
  onTestFinished(() => sender.close().catch(() => undefined)); // some tests close it, or its broker
  return sender;
}

async function last(): Promise<number> {
  return (await broker.producer('one').getPartitionProperties('0')).lastEnqueuedSequenceNumber;
}

describe('an event sender', () => {
  it('sends events that a consumer of the SDK gets as they were, in order', async () => {
    const events = Array.from({ length: 150 }, (_, i) =>
      eventOf(idAt(i), 'cards', { name: '€'.repeat(i), more: 'x'.repeat(3 * i) }),
    );
    const sender = await senderTo(broker.connectionString);
    await sender.send([JSON.stringify(events[0])]);
    await sender.send(events.slice(1).map((event) => JSON.stringify(event)));
    const seen = await receive(broker.consumer({ hub: 'one' }), 150, earliestEventPosition, '0');
    expect(seen.map(({ event }) => event.body)).toEqual(events);
    expect(new Set(seen.map(({ event }) => event.contentType))).toEqual(
      new Set(['application/cloudevents+json']),
    );
  });

  it('takes a send of all that it promises to take', async () => {
    const sender = await senderTo(broker.connectionString);
    const before = await last();
    const count = 200;
    const event = JSON.stringify({ x: '' });
    const each = Math.floor(sender.maxBytes / count) - sendBytes(event);
    const events = Array.from({ length: count }, () => JSON.stringify({ x: 'x'.repeat(each) }));
    await sender.send(events);
    expect(await last()).toBe(before + count);
    await expect(sender.send([...events, event.padEnd(sender.maxBytes)])).rejects.toMatchObject({
      kind: 'too-large',
    });
  });

  it('says that a hub cannot be reached, in time, and reaches it when it is there', async () => {
    const nothing = createServer();
    nothing.listen(0, '127.0.0.1');
    await once(nothing, 'listening');
    const address = nothing.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    nothing.close();
    await once(nothing, 'close');
    const away = await senderTo(brokerConnectionString(port));
    const before = performance.now();
    await expect(away.send(['{}'])).rejects.toMatchObject({ kind: 'unavailable' });
    await expect(away.probe()).rejects.toMatchObject({ kind: 'unavailable' });
    expect(performance.now() - before).toBeLessThan(4_000);
    await (await senderTo(broker.connectionString)).probe();
  });

  it('gives up a hub that takes connections but says nothing', async () => {
    const silent = createServer((socket) => void socket.resume()).listen(0, '127.0.0.1');
    await once(silent, 'listening');
    const address = silent.address();
    const sender = await senderTo(
      brokerConnectionString(typeof address === 'object' && address !== null ? address.port : 0),
    );
    const before = performance.now();
    await expect(sender.send(['{}'])).rejects.toMatchObject({ kind: 'unavailable' });
    expect(performance.now() - before).toBeLessThan(2_000);
    silent.close();
  });

  it('does not wait for an acknowledgement that nobody is left to give', async () => {
    // Between the sender and the broker, so that the connection can be lost while a send is under way.
    const ends: Socket[] = [];
    const between = createServer((socket) => {
      const onward = connect(Number(/:(\d+)/.exec(broker.connectionString)?.[1]), '127.0.0.1');
      ends.push(socket, onward);
      for (const end of [socket, onward]) end.on('error', () => end.destroy());
      socket.pipe(onward).pipe(socket);
    }).listen(0, '127.0.0.1');
    await once(between, 'listening');
    const address = between.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    const sender = await senderTo(brokerConnectionString(port));
    onTestFinished(() => {
      between.close();
      for (const end of ends) end.destroy();
    });
    await sender.send(['{}']);
    const [first, onward] = ends;
    onward?.unpipe();
    first?.once('data', () => first.destroy());
    await expect(sender.send(['{}'])).rejects.toMatchObject({
      kind: 'unavailable',
      cause: { message: 'the connection was lost' },
    });
    await sender.send(['{}']);
  });
});
