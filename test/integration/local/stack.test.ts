import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { BlobServiceClient } from '@azure/storage-blob';
import { CosmosClient } from '@azure/cosmos';
import { EventHubConsumerClient } from '@azure/event-hubs';
import { expect, onTestFinished, test } from 'vitest';
import { z } from 'zod';
import { startServices, startStack } from '../../../local/supervisor.ts';
import { temporaryFolder } from './child.ts';

const app = fileURLToPath(new URL('../../fixtures/tiny-app', import.meta.url));
const runStack = new URL('../../../local/run-stack.ts', import.meta.url).href;
const quiet = (): void => undefined;
const eventHubs = [{ name: 'events', partitions: 2, consumerGroups: ['auditors'] }];

const endpoints = z.object({
  http: z.string(),
  storage: z.string(),
  cosmos: z.string(),
  eventHubs: z.string().optional(),
  processes: z.object({
    supervisor: z.number(),
    host: z.array(z.number()),
    storage: z.number(),
    cosmos: z.number(),
    eventHubs: z.number().optional(),
  }),
});
type Endpoints = z.infer<typeof endpoints>;

async function readEndpoints(home: string): Promise<Endpoints> {
  return endpoints.parse(JSON.parse(await readFile(join(home, 'endpoints.json'), 'utf8')));
}

async function isThere(home: string): Promise<boolean> {
  return readFile(join(home, 'endpoints.json')).then(
    () => true,
    () => false,
  );
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}

function runs(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

function childrenOf({ processes }: Endpoints): number[] {
  const { host, storage, cosmos, eventHubs: broker } = processes;
  return [...host, storage, cosmos, ...(broker === undefined ? [] : [broker])];
}

/** A command that runs a stack, in a process of its own, as `npm start` is. */
function command(
  home: string,
  port: number,
): { child: ChildProcess; said: Promise<string>; ended: Promise<unknown> } {
  const code = `const { runStack } = await import(${JSON.stringify(runStack)});
    process.exit(await runStack(${JSON.stringify({ home, port, app, eventHubs })}));`;
  const child = spawn(process.execPath, ['--input-type=module', '--eval', code], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  return {
    child,
    said: text(child.stderr),
    ended: once(child, 'exit').then(([exitCode]: unknown[]) => exitCode),
  };
}

async function untilReady(home: string): Promise<Endpoints> {
  await expect.poll(() => isThere(home), { timeout: 20_000, interval: 50 }).toBe(true);
  return readEndpoints(home);
}

const settings = z.object({
  processId: z.number(),
  storage: z.string(),
  hostStorage: z.string(),
  cosmos: z.string(),
  eventHubs: z.string().optional(),
  greeting: z.string().optional(),
});

/** The ids of the hub's partitions, as the real SDK is told. */
async function partitions(connection: string | undefined): Promise<string[]> {
  const client = new EventHubConsumerClient('auditors', connection ?? '', 'events');
  try {
    return await client.getPartitionIds();
  } finally {
    await client.close();
  }
}

async function ask(http: string) {
  return settings.parse(await (await fetch(`${http}/settings`)).json());
}

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
  await stack.stop();
  expect(await isThere(home)).toBe(false);
  expect(childrenOf(endpoints.parse(stack.endpoints)).filter(runs)).toEqual([]);
});

test('brings back every service that is killed, at the same address, and tells where the processes are', async () => {
  const home = await temporaryFolder();
  const stack = await startStack({ home, port: 0, app, eventHubs, log: quiet });
  onTestFinished(() => stack.stop());
  const before = endpoints.parse(stack.endpoints);
  expect(childrenOf(before)).toHaveLength(4);
  await BlobServiceClient.fromConnectionString(before.storage).getContainerClient('kept').create();
  for (const pid of childrenOf(before)) process.kill(pid, 'SIGKILL');
  const isNew = async (): Promise<boolean> => {
    const now = childrenOf(await readEndpoints(home));
    return now.every((pid) => !childrenOf(before).includes(pid));
  };
  await expect.poll(isNew, { timeout: 20_000 }).toBe(true);
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

test('stops within 8 s, leaving nothing, on a signal that reaches every process several times', async () => {
  const home = await temporaryFolder();
  const { child, said, ended } = command(home, await freePort());
  const children = childrenOf(await untilReady(home));
  const began = Date.now();
  for (const signal of ['SIGINT', 'SIGINT', 'SIGTERM'] as const) {
    for (const pid of children) process.kill(pid, signal);
    child.kill(signal);
  }
  expect(await ended).toBe(0);
  expect(Date.now() - began).toBeLessThan(8_000);
  expect(children.filter(runs)).toEqual([]);
  expect(await said).toContain('stack    | stopped; the state is kept');
  expect(await said).not.toContain('is killed');
});

test('leaves no process when it is killed itself, and a next stack takes over the folder', async () => {
  const home = await temporaryFolder();
  const port = await freePort();
  const first = command(home, port);
  const before = await untilReady(home);
  await BlobServiceClient.fromConnectionString(before.storage).getContainerClient('kept').create();
  first.child.kill('SIGKILL');
  await first.ended;
  const stack = await startStack({ home, port, app, log: quiet });
  onTestFinished(() => stack.stop());
  expect(stack.endpoints.processes.supervisor).toBe(process.pid);
  const { storage } = stack.endpoints;
  expect(await BlobServiceClient.fromConnectionString(storage).getContainerClient('kept').exists()).toBe(
    true,
  );
  await expect.poll(() => childrenOf(before).filter(runs), { timeout: 10_000 }).toEqual([]);
});

test('names the stack that has the folder, and ends with 1', async () => {
  const home = await temporaryFolder();
  const stack = await startStack({ home, port: await freePort(), app, log: quiet });
  onTestFinished(() => stack.stop());
  const { said, ended } = command(home, await freePort());
  expect(await ended).toBe(1);
  expect(await said).toContain(stack.endpoints.http);
  expect(await said).toContain(`process ${String(process.pid)}`);
});

test('waits for a stack in the same folder that is closing', async () => {
  const home = await temporaryFolder();
  const port = await freePort();
  const first = command(home, port);
  await untilReady(home);
  first.child.kill('SIGTERM');
  const stack = await startStack({ home, port, app, log: quiet });
  onTestFinished(() => stack.stop());
  expect(await first.ended).toBe(0);
  expect((await ask(stack.endpoints.http)).processId).toBe(stack.endpoints.processes.host?.[0]);
});

test('says that the port is taken, naming PORT, and ends with 1', async () => {
  const taken = createServer().listen(0, '127.0.0.1');
  onTestFinished(() => void taken.close());
  await once(taken, 'listening');
  const address = taken.address();
  const port = address !== null && typeof address !== 'string' ? address.port : 0;
  const { said, ended } = command(await temporaryFolder(), port);
  expect(await ended).toBe(1);
  expect(await said).toMatch(new RegExp(`Port ${String(port)} is in use.* PORT `));
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
