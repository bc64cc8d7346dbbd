import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { z } from 'zod';
import { fixture, send, temporaryFolder } from './host-process.ts';

it('runs further triggers and bindings through drivers of their own', async () => {
  const folder = await temporaryFolder();
  const child = fork(join(import.meta.dirname, 'queue-host.ts'), [fixture('queue-app'), folder.path], {
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  let output = '';
  const logged = Promise.withResolvers<void>();
  child.stderr?.setEncoding('utf8').on('data', (chunk: string) => {
    output += chunk;
    if (output.includes("Executed 'Functions.collect' (Failed")) logged.resolve();
  });
  const next = async (): Promise<unknown> => {
    const message: unknown[] = await once(child, 'message');
    return message[0];
  };
  const report = z.object({
    port: z.number(),
    functions: z.array(z.object({ name: z.string(), description: z.string() })),
    problems: z.array(z.object({ message: z.string() })),
  });
  const { port, functions, problems } = report.parse(await next());
  expect(functions.map(({ description }) => description)).toEqual([
    'queue incoming',
    `[GET] http://127.0.0.1:${String(port)}/api/time`,
  ]);
  expect(problems.map(({ message }) => message)).toEqual([
    expect.stringMatching(
      /^The 'blobs' function is in error: the output binding '\w+' of type 'blob' is not supported/,
    ),
  ]);

  // A string that is JSON arrives parsed, the metadata with lowered first letters, as on Azure.
  const answered = next();
  child.send({ id: 7 });
  const { returned } = z.object({ returned: z.object({ json: z.string() }) }).parse(await answered);
  expect(JSON.parse(returned.json)).toEqual({
    message: { id: 7 },
    clock: { clock: 'noon' },
    metadata: { dequeueCount: 1, properties: { some: { key: 1 } } },
  });

  const failed = next();
  child.send({ fail: true });
  expect(await failed).toEqual({ failed: 'Error: cannot collect' });
  await logged.promise;

  const reply = await send(port, '/api/time');
  expect(JSON.parse(reply.body)).toEqual({ clock: { clock: 'noon' }, url: 'http://sample.test/api/time' });
  expect((await send(port, '/runtime/webhooks/queue/x')).body).toBe('queue webhook');

  const ended = once(child, 'exit');
  child.disconnect();
  expect(await ended).toEqual([0, null]);
  await folder.remove();
});
