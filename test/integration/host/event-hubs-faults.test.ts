import { once } from 'node:events';
import { expect, it } from 'vitest';
import { type EventHubsStack, given, startEventHubs } from './event-hubs-stack.ts';

/** How many partitions of a hub each host owns, as the blobs say that hosts go by. */
async function shares(stack: EventHubsStack, hub: string): Promise<number[]> {
  const counts = new Map<string, number>();
  const prefix = `127.0.0.1/${hub}/$default/ownership/`;
  for await (const { metadata } of stack.checkpoints.listBlobsFlat({ prefix, includeMetadata: true })) {
    const owner = metadata?.['ownerid'] ?? '';
    counts.set(owner, (counts.get(owner) ?? 0) + 1);
  }
  return [...counts.values()].sort((one, other) => one - other);
}

const partitionIds = ['0', '1', '2', '3'];

it('lets the function end when the host stops, and goes on behind its events', async () => {
  const stack = await startEventHubs();
  const one = stack.producer('one');
  const host = await stack.host();
  await one.sendBatch([{ body: { id: 1 } }, { body: { id: 2, waits: 'stop' } }, { body: { id: 3 } }]);
  await host.until((all) => given(all, 'one').length === 2);
  const stopped = host.stop();
  host.release('stop');
  expect(await stopped).toBe(0);
  expect(given(host.invocations, 'one')).toEqual([{ id: 1 }, { id: 2, waits: 'stop' }]);

  const restarted = performance.now();
  const next = await stack.host();
  await next.until((all) => given(all, 'one').length > 0);
  expect(given(next.invocations, 'one')).toEqual([{ id: 3 }]);
  // It does not wait for the claims of the first host to expire.
  expect(performance.now() - restarted).toBeLessThan(8_000);
});

it('shares the partitions among hosts, and takes over those of a host that was killed', async () => {
  const stack = await startEventHubs();
  const many = stack.producer('many');
  const survivor = await stack.host();
  const victim = await stack.host();
  await expect.poll(() => shares(stack, 'many'), { timeout: 20_000 }).toEqual([2, 2]);

  const sendEach = async (round: number) => {
    for (const partitionId of partitionIds) {
      const events = Array.from({ length: 5 }, (_, n) => ({ body: { partitionId, round, n } }));
      await many.sendBatch(events, { partitionId });
    }
  };
  const ids = (round: number) =>
    partitionIds.flatMap((partitionId) => Array.from({ length: 5 }, (_, n) => ({ partitionId, round, n })));
  await sendEach(1);
  await survivor.until((all) => given(all, 'many').length >= 10);
  await victim.until((all) => given(all, 'many').length >= 10);
  const sharedOut = [...given(survivor.invocations, 'many'), ...given(victim.invocations, 'many')];
  expect(sharedOut).toHaveLength(20);
  expect(sharedOut).toEqual(expect.arrayContaining(ids(1)));

  // Each partition has something that is not done when one host dies.
  for (const partitionId of partitionIds)
    await many.sendBatch([{ body: { partitionId, waits: 'kill' } }], { partitionId });
  await victim.until((all) => given(all, 'many').length >= 12);
  const died = once(victim.child, 'exit');
  victim.child.kill('SIGKILL');
  await died;
  const killed = performance.now();
  survivor.release('kill');
  await sendEach(2);
  await survivor.until((all) => given(all, 'many').length >= 34);
  const seconds = (performance.now() - killed) / 1_000;
  const received = [...given(survivor.invocations, 'many')];
  expect(received).toEqual(expect.arrayContaining(ids(2)));
  expect(received).toEqual(
    expect.arrayContaining(partitionIds.map((partitionId) => ({ partitionId, waits: 'kill' }))),
  );
  expect(seconds).toBeLessThan(15);
  expect(seconds).toBeGreaterThan(3);
}, 60_000);

it('leaves a partition to its new owner after having slept through the loss', async () => {
  const stack = await startEventHubs();
  const quickly = {
    AzureFunctionsJobHost__extensions__eventHubs__partitionOwnershipExpirationInterval: '00:00:03',
    AzureFunctionsJobHost__extensions__eventHubs__loadBalancingUpdateInterval: '00:00:00.5',
    AzureFunctionsJobHost__logging__logLevel__default: 'Information',
  };
  const one = stack.producer('one');
  const sleeper = await stack.host(quickly);
  await one.sendBatch([{ body: { id: 1, waits: 'sleep' } }]);
  await sleeper.until((all) => given(all, 'one').length === 1);
  sleeper.child.kill('SIGSTOP');
  const owner = await stack.host(quickly);
  owner.release('sleep');
  await one.sendBatch([{ body: { id: 2 } }]);
  await owner.until((all) => given(all, 'one').length === 2);

  sleeper.child.kill('SIGCONT');
  await sleeper.printed('Another host has partition 0 of event hub one ($Default) now.');
  sleeper.release('sleep');
  await sleeper.printed("Executed 'Functions.one' (Succeeded");
  expect(await sleeper.stop()).toBe(0);
  expect(given(sleeper.invocations, 'one')).toEqual([{ id: 1, waits: 'sleep' }]);
  const { metadata } = await stack.checkpoints
    .getBlobClient('127.0.0.1/one/$default/checkpoint/0')
    .getProperties();
  expect(metadata?.['sequencenumber']).toBe('1');
  await one.sendBatch([{ body: { id: 3 } }]);
  await owner.until((all) => given(all, 'one').length === 3);
});

it('reads on when the broker is back after a crash', async () => {
  const stack = await startEventHubs();
  const many = stack.producer('many');
  const host = await stack.host();
  await many.sendBatch([{ body: { id: 1 } }], { partitionId: '1' });
  await host.until((all) => given(all, 'many').length === 1);
  await stack.restartBroker();
  const producer = stack.producer('many');
  await producer.sendBatch([{ body: { id: 2 } }], { partitionId: '1' });
  const sent = performance.now();
  await host.until((all) => given(all, 'many').length === 2);
  expect(performance.now() - sent).toBeLessThan(1_500);
  expect(given(host.invocations, 'many')).toEqual([{ id: 1 }, { id: 2 }]);
});

it('reads a hub that was created anew only when the old checkpoints are deleted', async () => {
  const stack = await startEventHubs();
  const host = await stack.host();
  await stack.producer('one').sendBatch([{ body: { id: 1 } }, { body: { id: 2 } }]);
  await host.until((all) => given(all, 'one').length === 2);
  await stack.restartBroker('other files');
  await host.printed('Has the event hub been deleted and created again?');
  await host.printed('127.0.0.1/one/$default/checkpoint/ in the container azure-webjobs-eventhub');
  await stack.producer('one').sendBatch([{ body: { id: 3 } }]);
  expect(given(host.invocations, 'one')).toHaveLength(2);
  await stack.checkpoints.deleteBlob('127.0.0.1/one/$default/checkpoint/0');
  await host.until((all) => given(all, 'one').length === 3);
  expect(given(host.invocations, 'one')).toEqual([{ id: 1 }, { id: 2 }, { id: 3 }]);
});

it('collects events until there are enough of them or they have waited long enough', async () => {
  const stack = await startEventHubs();
  const binary = stack.producer('binary');
  const host = await stack.host({
    AzureFunctionsJobHost__extensions__eventHubs__minEventBatchSize: '4',
    AzureFunctionsJobHost__extensions__eventHubs__maxWaitTime: '00:00:01.5',
    AzureFunctionsJobHost__extensions__eventHubs__batchCheckpointFrequency: '100',
  });
  const batches = () => host.invocations.map(({ messages }) => messages.length);
  const send = async (count: number) => binary.sendBatch(Array.from({ length: count }, () => ({ body: {} })));
  // The first batch does not wait: there is no checkpoint to say that one has gone out lately.
  await send(1);
  await host.until(() => batches().length === 1);
  await send(2);
  const waitedFrom = performance.now();
  await send(1);
  await host.until(() => batches().length === 2);
  const waited = performance.now() - waitedFrom;
  await send(4);
  const enoughFrom = performance.now();
  await host.until(() => batches().length === 3);
  expect(performance.now() - enoughFrom).toBeLessThan(1_200);
  expect(batches()).toEqual([1, 3, 4]);
  expect(waited).toBeGreaterThan(1_300);
  // The last batch is checkpointed at the end though its turn has not come.
  expect(await host.stop()).toBe(0);
  const { metadata } = await stack.checkpoints
    .getBlobClient('127.0.0.1/binary/$default/checkpoint/0')
    .getProperties();
  expect(metadata?.['sequencenumber']).toBe('7');
});
