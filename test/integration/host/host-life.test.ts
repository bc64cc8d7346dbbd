import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { Agent, request as httpRequest, type IncomingMessage } from 'node:http';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { fixture, forkHost, send, startHostProcess, temporaryFolder } from './host-process.ts';

const app = fixture('sample-app');

describe('the life of the process', () => {
  it('ignores signals, finishes what runs, runs terminate hooks and ends with 0 on the stop message', async () => {
    const host = await startHostProcess({ app });
    const agent = new Agent({ keepAlive: true });
    const request = httpRequest({ port: host.port, path: '/sample/slow', agent });
    const answered = once(request, 'response');
    request.end();
    await host.printed('slow begins');
    host.child.kill('SIGTERM');
    host.child.kill('SIGINT');
    const stopped = host.stop();
    const [response] = (await answered) as [IncomingMessage];
    let text = '';
    for await (const chunk of response.setEncoding('utf8')) text += String(chunk);
    expect(text).toBe('slow done');
    expect(response.headers.connection).toBe('close');
    expect(await stopped).toBe(0);
    expect(host.output()).toContain('sample app terminated after start');
    await expect(send(host.port, '/sample/plain')).rejects.toThrow('ECONNREFUSED');
    agent.destroy();
  });

  it('does not wait longer than five seconds for terminate hooks', async () => {
    const host = await startHostProcess({ app, environment: { TERMINATE_MILLISECONDS: '60000' } });
    const started = performance.now();
    expect(await host.stop()).toBe(0);
    expect(performance.now() - started).toBeGreaterThan(4_900);
    expect(performance.now() - started).toBeLessThan(8_000);
    expect(host.output()).toContain('took longer than 5 seconds');
  }, 20_000);

  it('ends when its parent is gone', async () => {
    const host = await startHostProcess({ app });
    const ended = once(host.child, 'exit');
    host.child.disconnect();
    expect(await ended).toEqual([0, null]);
    await host.printed('sample app terminated');
    expect(host.output()).toContain('sample app terminated after start');
  });

  it('obeys SIGTERM when it has no parent to obey', async () => {
    const folder = await temporaryFolder();
    const entry = join(import.meta.dirname, '../../../local/host/main.ts');
    const run = promisify(execFile)(process.execPath, [
      entry,
      '--app',
      app,
      '--state',
      folder.path,
      '--port',
      '0',
    ]);
    let output = '';
    for await (const chunk of run.child.stdout ?? []) {
      output += String(chunk);
      if (output.includes("Executed 'Functions.atStart' (Succeeded")) run.child.kill('SIGTERM');
    }
    await run;
    await folder.remove();
    expect(output).toContain('sample app terminated after start');
  });

  it('names the variable to set when its port is taken', async () => {
    const host = await startHostProcess({ app });
    const folder = await temporaryFolder();
    const { child, reports } = forkHost({
      app,
      state: folder.path,
      arguments: ['--port', String(host.port)],
    });
    await once(child, 'close');
    await Promise.all([host.stop(), folder.remove()]);
    expect(reports).toEqual([
      { type: 'failed', message: `Port ${String(host.port)} is in use. Set PORT to another one.` },
    ]);
  });

  it('holds requests that come before the app is loaded', async () => {
    const folder = await temporaryFolder();
    const { child } = forkHost({ app, state: folder.path });
    const port = await new Promise<number>((resolve) => {
      child.once('message', (message) => {
        resolve(
          z.object({ type: z.literal('listening'), http: z.object({ port: z.number() }) }).parse(message).http
            .port,
        );
      });
    });
    expect((await send(port, '/sample/plain')).status).toBe(200);
    const ended = once(child, 'close');
    child.send({ type: 'stop' });
    await ended;
    await folder.remove();
  });
});
