import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';
import { z } from 'zod';
import { Service, type ServiceDefinition } from '../../../local/service.ts';
import { temporaryFolder } from './child.ts';

const protocol = new URL('../../../local/child-protocol.ts', import.meta.url).href;
const report = z.object({ type: z.literal('ready'), port: z.number() });

/** A service that is a few lines of code, and what it and its supervision said. */
async function service(
  code: string,
  bounds: { readonly startBound?: number; readonly stopBound?: number } = {},
) {
  const file = join(await temporaryFolder(), 'service.mjs');
  await writeFile(file, code);
  const lines: string[] = [];
  const restarts: (number | undefined)[] = [];
  const restarted = Promise.withResolvers<void>();
  const givenUp = Promise.withResolvers<string>();
  const definition: ServiceDefinition<number> = {
    name: 'sample',
    entry: pathToFileURL(file),
    nodeFlags: [],
    env: {},
    arguments: (wanted) => [String(wanted ?? 0)],
    parseReady: (message) => report.safeParse(message).data?.port,
    startBound: 10_000,
    stopBound: 5_000,
    ...bounds,
  };
  const running = new Service(definition, {
    log: (_, line) => lines.push(line),
    onRestart: () => {
      restarts.push(running.pid);
      restarted.resolve();
    },
    onGivenUp: givenUp.resolve,
  });
  onTestFinished(() => running.stop());
  return { running, lines, restarts, restarted: restarted.promise, givenUp: givenUp.promise };
}

/** Serves nothing, but behaves as a child of the stack. */
function wellBehaved(ready: string, atStop = ''): string {
  return `import { endWithSupervisor, reportReady } from ${JSON.stringify(protocol)};
    endWithSupervisor(async () => { ${atStop} });
    setInterval(() => undefined, 1_000);
    ${ready}`;
}

const READY = 'reportReady({ port: Number(process.argv[2]) || 4711 });';

function kill(pid: number | undefined, signal: NodeJS.Signals): void {
  if (pid !== undefined) process.kill(pid, signal);
}

test('is started again when it dies, and asked to be where it was', async () => {
  const { running, lines, restarts, restarted } = await service(wellBehaved(READY));
  expect(await running.start()).toBe(4711);
  const before = running.pid;
  kill(before, 'SIGKILL');
  await restarted;
  expect(restarts).toHaveLength(1);
  expect(running.pid).not.toBe(before);
  expect(lines).toContain('died (SIGKILL); starting it again in 100 ms');
});

test('has no process from its death until the next one serves', async () => {
  const untilTold = "console.log(process.pid); await new Promise((go) => process.once('SIGUSR2', go));";
  const { running, lines, restarted } = await service(
    wellBehaved(`if (process.argv[2] !== '0') { ${untilTold} } ${READY}`),
  );
  await running.start();
  kill(running.pid, 'SIGKILL');
  const isNumber = (line: string): boolean => /^\d+$/.test(line);
  await expect.poll(() => lines.some(isNumber), { timeout: 10_000 }).toBe(true);
  expect(running.pid).toBeUndefined();
  const next = Number(lines.find(isNumber));
  kill(next, 'SIGUSR2');
  await restarted;
  expect(running.pid).toBe(next);
});

test('is given up after five restarts within a minute', async () => {
  const { running, restarts, givenUp } = await service(
    wellBehaved(`${READY} setTimeout(() => process.exit(3), 20);`),
  );
  await running.start();
  expect(await givenUp).toMatch(/sample died \(exit code 3\), after 5 restarts within a minute/);
  expect(restarts).toHaveLength(5);
});

test('is not accepted at another address than the one that the others know', async () => {
  const { running, restarts, givenUp } = await service(wellBehaved('reportReady({ port: process.pid });'));
  await running.start();
  kill(running.pid, 'SIGKILL');
  expect(await givenUp).toMatch(/came back at another address/);
  expect(restarts).toEqual([]);
});

test('fails its start when it ends before it is ready, or takes too long', async () => {
  const ending = await service('process.exit(4);');
  await expect(ending.running.start()).rejects.toThrow('sample ended with exit code 4');
  const slow = await service(wellBehaved(''), { startBound: 300 });
  await expect(slow.running.start()).rejects.toThrow('sample was not ready within 0.3 s');
});

test('ends on the message and not on signals, and saves first', async () => {
  const { running, lines } = await service(wellBehaved(READY, "console.log('saved')"));
  await running.start();
  const { pid } = running;
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGTERM', 'SIGHUP'] as const) kill(pid, signal);
  expect(lines).toEqual([]);
  await running.stop();
  await expect.poll(() => lines).toEqual(['saved']);
  expect(() => kill(pid, 'SIGTERM')).toThrow(/ESRCH/);
});

test('is killed when it does not end within its bound', async () => {
  const { running, lines } = await service(wellBehaved(READY, 'await new Promise(() => undefined);'), {
    stopBound: 200,
  });
  await running.start();
  const { pid } = running;
  await running.stop();
  expect(lines).toEqual(['did not end within 200 ms and is killed']);
  expect(() => kill(pid, 'SIGTERM')).toThrow(/ESRCH/);
});
