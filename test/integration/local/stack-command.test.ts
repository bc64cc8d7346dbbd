import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { text } from 'node:stream/consumers';
import { BlobServiceClient } from '@azure/storage-blob';
import { expect, onTestFinished, test } from 'vitest';
import { startStack } from '../../../local/supervisor.ts';
import { temporaryFolder } from './child.ts';
import {
  app,
  ask,
  childrenOf,
  type Endpoints,
  eventHubs,
  isThere,
  quiet,
  readEndpoints,
  runs,
} from './tiny-stack.ts';

/** A stack that a command runs, beside others that want the same folder or port. */

const runStack = new URL('../../../local/run-stack.ts', import.meta.url).href;

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
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
