import { expect, it } from 'vitest';
import { given, startEventHubs } from './event-hubs-stack.ts';

it('gives a function the events of a partition with what the broker knows of them', async () => {
  const stack = await startEventHubs();
  const host = await stack.host();
  expect(host.ready.functions.map(({ name, description }) => `${name}: ${description}`)).toEqual([
    'many: event hub many ($Default), up to 10 events at a time',
    'one: event hub one ($Default), one event at a time',
    'binary: event hub binary ($Default), up to 10 events at a time',
    'finite: event hub finite ($Default), up to 10 events at a time',
    'endless: event hub endless (workers), up to 10 events at a time',
  ]);
  expect(host.ready.problems.map(({ message }) => message)).toEqual([
    "The 'nowhere' function is in error: the app setting NOWHERE, which has the connection string, is missing.",
  ]);

  const many = stack.producer('many');
  const sentAt = Date.now();
  await many.sendBatch(
    [
      {
        body: { id: 1 },
        properties: { Source: 'test', Nested: 'Kept' },
        contentType: 'application/json',
        messageId: 'm1',
      },
      { body: { id: 2 } },
    ],
    { partitionKey: 'account-7' },
  );
  await host.until((all) => given(all, 'many').length === 2);
  const [batch] = host.invocations;
  expect(batch?.messages).toEqual([{ id: 1 }, { id: 2 }]);
  const metadata = batch?.metadata ?? {};
  const partitions = await Promise.all(['0', '1', '2', '3'].map((id) => many.getPartitionProperties(id)));
  const partition = partitions.find(({ isEmpty }) => !isEmpty);
  const enqueued = partition?.lastEnqueuedOnUtc.toISOString() ?? '';
  expect(enqueued.slice(0, 10)).toBe(new Date(sentAt).toISOString().slice(0, 10));
  expect(metadata).toMatchObject({
    partitionContext: {
      isCheckpointingAfterInvocation: true,
      fullyQualifiedNamespace: '127.0.0.1',
      eventHubName: 'many',
      consumerGroup: '$Default',
      partitionId: partition?.partitionId,
    },
    sequenceNumberArray: [0, 1],
    partitionKeyArray: ['account-7', 'account-7'],
    // The library parses every text that is JSON, and an offset is a number's.
    offsetArray: [expect.any(Number), Number(partition?.lastEnqueuedOffset)],
    propertiesArray: [{ source: 'test', nested: 'Kept' }, {}],
    systemPropertiesArray: [
      {
        sequenceNumber: 0,
        partitionKey: 'account-7',
        'content-type': 'application/json',
        'message-id': 'm1',
        'x-opt-sequence-number': 0,
      },
      {
        sequenceNumber: 1,
        offset: partition?.lastEnqueuedOffset,
        'x-opt-offset': partition?.lastEnqueuedOffset,
      },
    ],
  });
  const times = metadata['enqueuedTimeUtcArray'];
  expect(Array.isArray(times) && times.map((time) => new Date(`${String(time)}Z`).toISOString())).toEqual([
    enqueued,
    enqueued,
  ]);

  await stack.producer('one').sendBatch([{ body: { id: 3 }, properties: { A: 1 } }, { body: 'text' }]);
  await host.until((all) => given(all, 'one').length === 2);
  const [first, second] = host.invocations.filter(({ functionName }) => functionName === 'one');
  expect(first).toMatchObject({
    messages: [{ id: 3 }],
    metadata: { sequenceNumber: 0, properties: { a: 1 }, partitionContext: { partitionId: '0' } },
  });
  expect(first?.metadata).not.toHaveProperty('partitionKey');
  expect(second).toMatchObject({ messages: ['text'], metadata: { sequenceNumber: 1 } });
});

it('hands over events in order, in batches no larger than allowed, of one partition each', async () => {
  const stack = await startEventHubs();
  const many = stack.producer('many');
  const counts = [25, 7, 0, 1];
  for (const [partition, count] of counts.entries()) {
    const events = Array.from({ length: count }, (_, n) => ({ body: { partition, n } }));
    if (count > 0) await many.sendBatch(events, { partitionId: String(partition) });
  }
  const host = await stack.host();
  await host.until((all) => given(all, 'many').length === 33);
  expect(host.invocations.every(({ messages }) => messages.length <= 10)).toBe(true);
  for (const [partition, count] of counts.entries()) {
    const own = host.invocations.filter(({ metadata }) => {
      const context = metadata?.['partitionContext'];
      return typeof context === 'object' && context !== null && 'partitionId' in context
        ? context.partitionId === String(partition)
        : false;
    });
    expect(given(own, 'many')).toEqual(Array.from({ length: count }, (_, n) => ({ partition, n })));
  }
});

it('passes on bodies that are not JSON, not text or not even bytes', async () => {
  const stack = await startEventHubs();
  const bytes = Buffer.from('ff00fe7b', 'hex');
  const events = [
    { body: Buffer.from('{"id":') },
    { body: bytes },
    { body: Buffer.alloc(0) },
    { body: Buffer.from('"quoted"') },
    { body: { amqp: ['value'] }, bodyType: 'value' as const },
    { body: Buffer.from('{"id":9}') },
  ];
  await stack.producer('many').sendBatch(events, { partitionId: '0' });
  await stack.producer('binary').sendBatch(events);
  const host = await stack.host();
  await host.until((all) => given(all, 'many').length >= 5 && given(all, 'binary').length === 6);
  // As on Azure an empty body is left out of a collection of texts, but not out of its metadata.
  expect(given(host.invocations, 'many')).toEqual([
    '{"id":',
    bytes.toString('utf8'),
    'quoted',
    { amqp: ['value'] },
    { id: 9 },
  ]);
  const [batch] = host.invocations.filter(({ functionName }) => functionName === 'many');
  expect(batch?.metadata?.['sequenceNumberArray']).toEqual([0, 1, 2, 3, 4, 5]);
  expect(given(host.invocations, 'binary')).toEqual(
    ['{"id":', bytes, '', '"quoted"', '{"amqp":["value"]}', '{"id":9}'].map((body) => ({
      hex: Buffer.from(body).toString('hex'),
    })),
  );
});

it('loses a batch whose retries are used up', async () => {
  const stack = await startEventHubs();
  const finite = stack.producer('finite');
  const host = await stack.host();
  await finite.sendBatch([{ body: { id: 1, fails: 3 } }]);
  await host.until((all) => all.filter(({ functionName }) => functionName === 'finite').length === 3);
  await finite.sendBatch([{ body: { id: 2, fails: 2 } }]);
  await host.until((all) => all.filter(({ functionName }) => functionName === 'finite').length === 6);
  expect(host.invocations.map(({ messages, attempt }) => [messages, attempt])).toEqual([
    ...[0, 1, 2].map((attempt) => [[{ id: 1, fails: 3 }], attempt]),
    ...[0, 1, 2].map((attempt) => [[{ id: 2, fails: 2 }], attempt]),
  ]);
  await host.printed('There are no more retries');
  expect(await host.stop()).toBe(0);

  const next = await stack.host();
  await finite.sendBatch([{ body: { id: 3 } }]);
  await next.until((all) => given(all, 'finite').length > 0);
  expect(given(next.invocations, 'finite')).toEqual([{ id: 3 }]);
});

it('retries without end where the function asks for it, and holds up that partition only', async () => {
  const stack = await startEventHubs();
  const endless = stack.producer('endless');
  const host = await stack.host();
  const poison = { id: 1, fails: 1_000_000 };
  await endless.sendBatch([{ body: poison }], { partitionId: '0' });
  await host.until((all) => all.some(({ attempt }) => attempt === 1));
  for (let id = 2; id < 5; id += 1) {
    await endless.sendBatch([{ body: { id } }], { partitionId: '1' });
    await host.until((all) =>
      given(all, 'endless').some((event) => JSON.stringify(event) === `{"id":${String(id)}}`),
    );
  }
  await endless.sendBatch([{ body: { id: 5 } }], { partitionId: '0' });
  await host.until((all) => all.some(({ attempt }) => attempt === 2));
  expect(given(host.invocations, 'endless')).not.toContainEqual({ id: 5 });
  // The end of the host cuts the retries short, without a checkpoint.
  expect(await host.stop()).toBe(0);

  const next = await stack.host();
  await next.until((all) => given(all, 'endless').length > 0);
  expect(given(next.invocations, 'endless')).toEqual([poison, { id: 5 }]);
});
