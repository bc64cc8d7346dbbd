import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { BlobServiceClient } from '@azure/storage-blob';
import { CosmosClient } from '@azure/cosmos';
import { expect, onTestFinished, test } from 'vitest';
import { startServices, startStack } from '../../../local/supervisor.ts';
import { temporaryFolder } from './child.ts';
import {
  app,
  ask,
  childrenOf,
  endpoints,
  eventHubs,
  isThere,
  partitions,
  quiet,
  readEndpoints,
  runs,
} from './tiny-stack.ts';

test('starts only the services for a test, and finds everything again on the same ports', async () => {
  const home = await temporaryFolder();
  const first = await startServices({ home, eventHubs, log: quiet });
  const { storage, cosmos, eventHubs: broker } = first.endpoints;
  expect(await partitions(broker)).toEqual(['0', '1']);
  await BlobServiceClient.fromConnectionString(storage).getContainerClient('kept').create();
  await new CosmosClient({ connectionString: cosmos }).databases.create({ id: 'kept' });
  await first.stop();
  expect(await first.ended).toBe(0);
  // A start that has no hubs leaves the broker's port to the next one that has.
  const between = await startServices({ home, log: quiet });
  expect(between.endpoints.processes).not.toHaveProperty('eventHubs');
  await between.stop();
  const second = await startServices({ home, eventHubs, log: quiet });
  onTestFinished(() => second.stop());
  expect(second.endpoints).toMatchObject({ storage, cosmos, eventHubs: broker });
  expect(await BlobServiceClient.fromConnectionString(storage).getContainerClient('kept').exists()).toBe(
    true,
  );
  expect((await new CosmosClient({ connectionString: cosmos }).database('kept').read()).statusCode).toBe(200);
});

test('runs an app with the services and the settings that it is given, and prepares them before', async () => {
  const home = await temporaryFolder();
  const order: string[] = [];
  const stack = await startStack({
    home,
    port: 0,
    app,
    env: { GREETING: 'hello' },
    eventHubs,
    log: quiet,
    beforeHost: async ({ storage, cosmos, eventHubs: broker }) => {
      expect(await partitions(broker)).toEqual(['0', '1']);
      await BlobServiceClient.fromConnectionString(storage).getContainerClient('made').create();
      await new CosmosClient({ connectionString: cosmos }).databases.create({ id: 'made' });
      order.push('prepared');
    },
  });
  onTestFinished(() => stack.stop());
  expect(order).toEqual(['prepared']);
  const { http, storage, cosmos, eventHubs: broker, processes } = stack.endpoints;
  const [processId] = processes.host ?? [];
  const connections = { storage, hostStorage: storage, cosmos, eventHubs: broker };
  expect(await ask(http)).toEqual({ processId, ...connections, greeting: 'hello' });
  expect(await readEndpoints(home)).toEqual(stack.endpoints);
  const children = childrenOf(endpoints.parse(stack.endpoints));
  await stack.stop();
  expect(await isThere(home)).toBe(false);
  expect(children.filter(runs)).toEqual([]);
});

test('brings back every service that is killed, at the same address, and tells where the processes are', async () => {
  const home = await temporaryFolder();
  const stack = await startStack({ home, port: 0, app, eventHubs, log: quiet });
  onTestFinished(() => stack.stop());
  const before = endpoints.parse(stack.endpoints);
  expect(childrenOf(before)).toHaveLength(4);
  await BlobServiceClient.fromConnectionString(before.storage).getContainerClient('kept').create();
  for (const pid of childrenOf(before)) process.kill(pid, 'SIGKILL');
  const restarted = async (): Promise<number[]> =>
    childrenOf(await readEndpoints(home)).filter((pid) => !childrenOf(before).includes(pid));
  await expect.poll(restarted, { timeout: 20_000 }).toHaveLength(4);
  expect(await readEndpoints(home)).toMatchObject({
    http: before.http,
    storage: before.storage,
    cosmos: before.cosmos,
    eventHubs: before.eventHubs,
  });
  expect(await partitions(before.eventHubs)).toEqual(['0', '1']);
  expect((await ask(before.http)).processId).not.toBe(before.processes.host[0]);
  expect(
    await BlobServiceClient.fromConnectionString(before.storage).getContainerClient('kept').exists(),
  ).toBe(true);
});

test('gives up cleanly when the preparation fails or is interrupted', async () => {
  const home = await temporaryFolder();
  const failing = startStack({
    home,
    port: 0,
    app,
    log: quiet,
    beforeHost: () => Promise.reject(new Error('no rows')),
  });
  await expect(failing).rejects.toThrow('no rows');
  const stop = new AbortController();
  const interrupted = startStack({
    home,
    port: 0,
    app,
    log: quiet,
    signal: stop.signal,
    beforeHost: async () => {
      stop.abort();
      await new Promise(() => undefined);
    },
  });
  await expect(interrupted).rejects.toThrow(/told to stop/);
  // Nothing holds the folder any more.
  await (await startServices({ home, log: quiet })).stop();
});

test('ends with the reason when the app cannot be loaded', async () => {
  const broken = await temporaryFolder();
  await writeFile(join(broken, 'package.json'), '{"main": "main.js", "type": "module"}');
  await writeFile(join(broken, 'host.json'), '{"version": "2.0"}');
  await writeFile(join(broken, 'main.js'), "throw new Error('does not load');");
  const starting = startStack({ home: await temporaryFolder(), port: 0, app: broken, log: quiet });
  await expect(starting).rejects.toThrow(/does not load|could not/i);
});

test('ends with 1, taking everything with it, when a service dies again and again', async () => {
  const dying = await temporaryFolder();
  await writeFile(join(dying, 'package.json'), '{"main": "main.js", "type": "module"}');
  await writeFile(join(dying, 'host.json'), '{"version": "2.0"}');
  await writeFile(join(dying, 'main.js'), 'setTimeout(() => process.exit(3), 300);');
  const lines: string[] = [];
  const log = (service: string, line: string): void => void lines.push(`${service}: ${line}`);
  const home = await temporaryFolder();
  const stack = await startStack({ home, port: 0, app: dying, log });
  const { processes } = stack.endpoints;
  expect(await stack.ended).toBe(1);
  expect(lines.at(-1)).toBe(
    'stack: host died (exit code 3), after 5 restarts within a minute: the stack ends',
  );
  expect([processes.storage, processes.cosmos].filter((pid) => pid === undefined || runs(pid))).toEqual([]);
  expect(await isThere(home)).toBe(false);
});
