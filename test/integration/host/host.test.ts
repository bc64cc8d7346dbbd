import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { connect } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import {
  fixture,
  forkHost,
  send,
  startHostProcess,
  temporaryFolder,
  type HostProcess,
} from './host-process.ts';

const app = fixture('sample-app');

async function talk(port: number, text: string): Promise<string> {
  const socket = connect(port, '127.0.0.1');
  let reply = '';
  socket.setEncoding('latin1').on('data', (chunk: string) => {
    reply += chunk;
  });
  socket.write(text);
  await once(socket, 'close');
  return reply;
}

describe('a running app', () => {
  let host: HostProcess;

  beforeAll(async () => {
    host = await startHostProcess({ app });
  });
  afterAll(async () => {
    await host.stop();
  });

  const name = async (path: string, method = 'GET'): Promise<unknown> => {
    const reply = await send(host.port, path, { method });
    return reply.status === 200
      ? z.object({ name: z.string() }).parse(JSON.parse(reply.body)).name
      : reply.status;
  };

  it('finds functions by method and route, literals before parameters', async () => {
    expect(await name('/sample/plain')).toBe('plain');
    expect(await name('/sample/items')).toBe('listItems');
    expect(await name('/sample/items', 'POST')).toBe('addItem');
    expect(await name('/sample/items/new')).toBe('newItem');
    expect(await name('/sample/items/7')).toBe('itemByNumber');
    expect(await name('/sample/items/seven')).toBe('item');
    expect(await name('/sample/any/thing', 'DELETE')).toBe('any');
  });

  it('answers 404 without a body where no route or no method fits', async () => {
    expect(await name('/sample/items', 'DELETE')).toBe(404);
    expect(await name('/sample/plain', 'HEAD')).toBe(404);
    expect(await name('/plain')).toBe(404);
    expect(await name('/')).toBe(404);
    expect((await send(host.port, '/sample/none')).body).toBe('');
  });

  it('reports its functions, and those that cannot run with the reason', () => {
    const { functions, problems } = host.ready;
    expect(functions).toContainEqual({
      name: 'itemByNumber',
      trigger: 'httpTrigger',
      description: `[GET] ${host.url}/sample/items/{id:int}`,
    });
    expect(functions).toContainEqual({
      name: 'tick',
      trigger: 'timerTrigger',
      description: 'timer 0 0 5 * * 1 (UTC)',
    });
    expect(problems.map((one) => one.name)).toEqual(['unconfigured', 'queued']);
    expect(problems[0]?.message).toContain('the app setting NO_SUCH_SETTING is missing');
    expect(problems[1]?.message).toContain("trigger type 'queueTrigger' is not supported");
  });

  it('asks for no key unless told to', async () => {
    expect(await name('/sample/forFunctions')).toBe('forFunctions');
    expect(await name('/sample/forAdmins')).toBe('forAdmins');
  });

  it('logs with function name, invocation id and level, within the limits of host.json', async () => {
    const reply = await send(host.port, '/sample/logs');
    const id = z.uuid().parse(JSON.parse(reply.body));
    await host.printed('Unexpected call to');
    const lines = host.output().split('\n');
    expect(lines).toContainEqual(expect.stringContaining(` info logs [${id}] value 1 { a: 2 }`));
    expect(lines).toContainEqual(expect.stringContaining(` warn logs [${id}] two`));
    expect(lines).toContain('    lines');
    expect(lines).toContainEqual(expect.stringContaining(` error logs [${id}] Error: shown with its stack`));
    expect(host.output()).not.toContain('not shown');
    expect(await send(host.port, '/sample/quiet')).toMatchObject({ body: '"Hello"' });
    await send(host.port, '/sample/reply?case=throws');
    await host.printed('Error: thrown at once');
    expect(host.output()).not.toContain('hidden by host.json');
  });

  it('buffers bodies in pieces and of unknown length', async () => {
    const request = httpRequest({ port: host.port, path: '/sample/size', method: 'POST', agent: false });
    const answered = once(request, 'response');
    for (let piece = 0; piece < 20; piece++) request.write(Buffer.alloc(100_000));
    request.end();
    const [response] = (await answered) as [IncomingMessage];
    let text = '';
    for await (const chunk of response.setEncoding('utf8')) text += String(chunk);
    expect(text).toBe('2000000');
  });

  it('answers 413 to a body beyond the limit, without waiting for it', async () => {
    const head = 'POST /sample/size HTTP/1.1\r\nHost: a\r\nContent-Length: 104857601\r\n\r\nx';
    expect(await talk(host.port, head)).toMatch(/^HTTP\/1\.1 413 [\s\S]*content-length: 0/);
  });

  it('answers 400 to what is not HTTP and to a host that is none', async () => {
    expect(await talk(host.port, 'nonsense\r\n\r\n')).toMatch(/^HTTP\/1\.1 400 /);
    expect(await talk(host.port, 'GET /sample/plain HTTP/1.1\r\n\r\n')).toMatch(/^HTTP\/1\.1 400 /);
    expect(await talk(host.port, 'GET /sample/plain HTTP/1.1\r\nHost: a b/c\r\n\r\n')).toMatch(
      /^HTTP\/1\.1 400 /,
    );
  });

  it('serves several requests over one connection, also pipelined', async () => {
    const one = 'GET /sample/reply?case=string HTTP/1.1\r\nHost: a\r\n';
    const reply = await talk(host.port, `${one}\r\n${one}\r\n${one}Connection: close\r\n\r\n`);
    expect(reply.match(/HTTP\/1\.1 200 OK/g)).toHaveLength(3);
  });

  it('survives callers that go away before their body or the reply is complete', async () => {
    const half = connect(host.port, '127.0.0.1');
    half.write('POST /sample/size HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nabc', () =>
      half.destroy(),
    );
    await once(half, 'close');
    const seen = host.output().length;
    const gone = connect(host.port, '127.0.0.1');
    gone.write('GET /sample/slow HTTP/1.1\r\nHost: a\r\n\r\n');
    await host.printed('slow begins', seen);
    gone.destroy();
    expect((await send(host.port, '/sample/slow')).body).toBe('slow done');
  });

  it('runs a timer at start when asked to, and retries it by its policy with the earlier error', async () => {
    await host.printed("Executed 'Functions.atStart' (Succeeded");
    expect(host.output()).toContain('atStart attempt 0 after nothing');
    expect(host.output()).toContain('atStart attempt 1 after attempt 0 failed');
    expect(host.output()).toContain('atStart attempt 2 after attempt 1 failed');
    expect(host.output()).not.toContain('atStart attempt 3');
  });
});

describe('another app', () => {
  it('may be CommonJS, without prefix; it sees its host, its folder and its log hook', async () => {
    const host = await startHostProcess({
      app: fixture('sample-app-cjs'),
      environment: {
        'AzureWebJobs.switchedOff.Disabled': 'true',
        AzureFunctionsJobHost__logging__logLevel__Host: 'None',
      },
    });
    try {
      const reply = await send(host.port, '/hello');
      expect(reply.body).toBe(`hello from 127.0.0.1:${String(host.port)} in sample-app-cjs`);
      await host.printed('said hello (seen by a hook)');
      const problems = Object.fromEntries(host.ready.problems.map((one) => [one.name, one.message]));
      expect(problems['1bad']).toContain('is not a function name');
      expect(problems['reserved']).toContain("conflicts with the host's own routes");
      expect(problems['badRoute']).toContain("unknown constraint 'unknown'");
      expect(problems['badCron']).toContain("the schedule '61 * * * * *' is not an NCRONTAB expression");
      expect(host.ready.functions.at(-1)?.description).toContain('(disabled)');
      expect(host.output()).not.toContain("Executing 'Functions.switchedOff'");
      expect(host.output()).not.toContain(' host hello:');
    } finally {
      await host.stop();
    }
  });

  it('reads its settings from local.settings.json, below those of the environment', async () => {
    const folder = await temporaryFolder();
    const files = {
      'package.json': { type: 'module', main: 'index.js' },
      'host.json': { version: '2.0' },
      'local.settings.json': { IsEncrypted: false, Values: { GREETING: 'file', FAREWELL: 'file' } },
    };
    await Promise.all(
      Object.entries(files).map(([file, content]) =>
        writeFile(join(folder.path, file), JSON.stringify(content)),
      ),
    );
    await writeFile(
      join(folder.path, 'index.js'),
      'console.log(process.env.GREETING, process.env.FAREWELL);',
    );
    const host = await startHostProcess({ app: folder.path, state: join(folder.path, 'state') });
    await host.printed('Hello file');
    expect(host.ready.functions).toEqual([]);
    await host.stop();
    await folder.remove();
  });

  it('that fails to load ends the host with the reason', async () => {
    const folder = await temporaryFolder();
    const { child, output, reports } = forkHost({ app: fixture('broken-app'), state: folder.path });
    const [code] = (await once(child, 'close')) as [number];
    await folder.remove();
    expect(code).toBe(1);
    const message = 'Worker was unable to load entry point "index.js": the app does not like this machine';
    expect(reports.map((report) => report.type)).toEqual(['listening', 'failed']);
    expect(reports[1]).toEqual({ type: 'failed', message });
    expect(output()).toContain('broken-app/index.js:1');
  });

  it('that is not there ends the host with the reason', async () => {
    const folder = await temporaryFolder();
    const { child, output } = forkHost({ app: folder.path, state: folder.path });
    const [code] = (await once(child, 'close')) as [number];
    await folder.remove();
    expect(code).toBe(1);
    expect(output()).toContain('a Functions app needs a host.json');
  });
});
