import { request } from 'node:http';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { describe, expect, it } from 'vitest';
import { ApiServer, HUB, KEY } from './api-server.ts';
import { json, serverOfTest, status } from './http-api-calls.ts';

const server = serverOfTest();

describe('an operation', () => {
  it('on an ended instance is 410, and on none 404', async () => {
    await server().instance('over', { status: 'Failed' });
    for (const path of ['raiseEvent/x', 'terminate', 'suspend', 'resume']) {
      expect(await status(server().post(`instances/over/${path}`, '1'))).toBe(410);
      expect(await status(server().post(`instances/nobody/${path}`, '1'))).toBe(404);
    }
  });

  it('to suspend what is suspended, or to resume what is not, is an error as in the extension', async () => {
    await server().instance('suspended', { status: 'Suspended' });
    await server().instance('running');
    const twice = await server().post('instances/suspended/suspend?reason=x');
    expect([twice.status, await twice.json()]).toMatchObject([500, { ExceptionMessage: /Suspended state/ }]);
    expect(await status(server().post('instances/running/resume?reason=x'))).toBe(500);
  });

  it('that an entity does not take is refused', async () => {
    await server().post('entities/counter/k?op=add', '1');
    expect(await status(server().post('instances/@counter@k/terminate?reason=x'))).toBe(400);
    expect(await status(server().post('instances/@counter@k/raiseEvent/op', '1'))).toBe(400);
    expect(server().inbox('@counter@k')).toHaveLength(1);
  });

  it('takes events only as JSON', async () => {
    await server().instance('id');
    expect(await json(server().post('instances/id/raiseEvent/go', '1', 'text/plain'))).toEqual({
      Message: 'Only application/json request content is supported',
    });
    for (const body of ['', '{', 'text', '1 2']) {
      expect(await status(server().post('instances/id/raiseEvent/go', body))).toBe(400);
    }
    expect(
      await status(server().post('instances/id/RaiseEvent/go', ' null ', 'Application/JSON; charset=utf-8')),
    ).toBe(202);
    expect(server().inbox('id')).toMatchObject([{ Name: 'go', Input: 'null' }]);
  });

  it('keeps an event of several MiB, and refuses one beyond the bound', async () => {
    await server().instance('id');
    const large = JSON.stringify('x'.repeat(5 * 1_024 * 1_024));
    expect(await status(server().post('instances/id/raiseEvent/go', large))).toBe(202);
    expect(server().inbox('id')).toMatchObject([{ Input: large }]);
    const tooLarge = request(`${server().origin}/durabletask/instances/id/raiseEvent/go`, {
      method: 'POST',
      headers: { 'content-length': 17 * 1_024 * 1_024, 'content-type': 'application/json' },
    });
    tooLarge.on('error', () => undefined);
    const code = await new Promise((resolve) => {
      tooLarge.once('response', (response) => resolve(response.statusCode));
      tooLarge.write('1');
    });
    tooLarge.destroy();
    expect(code).toBe(413);
  });

  it('of an unknown path or method is 404', async () => {
    await server().instance('id');
    for (const [method, path] of [
      ['GET', 'orchestrators/Hello'],
      ['POST', 'orchestrators'],
      ['POST', 'instances'],
      ['PUT', 'instances/id'],
      ['GET', 'instances/id/terminate'],
      ['POST', 'instances/id/explode'],
      ['POST', 'instances/id/terminate/now'],
      ['POST', 'instances/id/raiseEvent'],
      ['GET', 'instances/id/raiseEvent/x'],
      ['POST', 'instances/id/raiseEvent/x/y'],
      ['PUT', 'entities/counter/k'],
      ['GET', 'else'],
      ['GET', ''],
    ] as const) {
      expect([path, await status(server().fetch(path, { method }))]).toEqual([path, 404]);
    }
  });
});

describe('a purge', () => {
  it('asks for the beginning of a time', async () => {
    const response = await server().fetch('instances?runtimeStatus=Failed', { method: 'DELETE' });
    expect([response.status, await response.json()]).toEqual([
      400,
      "Please provide value for 'createdTimeFrom' parameter.",
    ]);
  });
});

describe('an entity', () => {
  it('takes a signal with text, JSON or nothing, and a DELETE as the operation "delete"', async () => {
    await server().post('entities/Counter/k?op=set', 'plain text', 'text/plain');
    await server().post('entities/Counter/k?op=set', ' {"a":1} ');
    await server().post('entities/Counter/k', '');
    await server().fetch('entities/Counter/k', { method: 'DELETE' });
    const requests = server().requests('@counter@k');
    expect(requests).toMatchObject([
      { op: 'set', input: '"plain text"' },
      { op: 'set', input: '{"a":1}' },
      { op: '' },
      // Without a declared length the extension takes the empty body for a text.
      { op: 'delete', input: '""' },
    ]);
    expect(requests[2]).not.toHaveProperty('input');
    expect(await status(server().post('entities/counter/k?op=set', '{'))).toBe(400);
    expect(await status(server().post('entities/counter/a%23b?op=set', '1'))).toBe(400);
  });

  it('of an empty key is read by a dollar sign', async () => {
    await server().post('entities/counter/?op=set', '1');
    server().move('@counter@', { input: JSON.stringify({ exists: true, state: '"empty"' }) });
    expect(await json(server().fetch('entities/counter/$'))).toBe('empty');
  });
});

describe('the way in', () => {
  it('is the system key for the webhook, in the query or in a header', async () => {
    const path = `${server().origin}/runtime/webhooks/durabletask/instances`;
    expect(await status(fetch(path))).toBe(401);
    expect(await status(fetch(`${path}?code=wrong`))).toBe(401);
    expect(await status(fetch(`${path}?code=${encodeURIComponent(KEY)}`))).toBe(200);
    expect(await status(fetch(path, { headers: { 'x-functions-key': KEY } }))).toBe(200);
  });

  it('is no key for the app itself, but another name for this machine is not let in', async () => {
    expect(await status(server().fetch('instances'))).toBe(200);
    const socket = connect(Number(new URL(server().origin).port), '127.0.0.1');
    socket.write('GET /durabletask/instances HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n');
    expect(await text(socket)).toMatch(/^HTTP\/1\.1 401 /);
  });

  it('leads to one hub', async () => {
    await server().instance('id');
    expect(await status(server().fetch(`instances/id?taskHub=${HUB.toUpperCase()}&connection=Storage`))).toBe(
      202,
    );
    expect(await status(server().fetch('instances/id?taskHub=Other'))).toBe(404);
  });
});

it('tells a caller of an error inside, and the host of its cause', async () => {
  const { store } = server();
  const broken = await ApiServer.start({
    store: Object.assign(Object.create(store), {
      find: () => {
        throw new Error('the disk is gone');
      },
    }),
  });
  const response = await broken.fetch('instances/id');
  expect([response.status, await response.json()]).toMatchObject([
    500,
    { ExceptionMessage: 'the disk is gone' },
  ]);
  await expect(broken.stop()).rejects.toMatchObject({ errors: [{ message: 'the disk is gone' }] });
});
