import { once } from 'node:events';
import { connect } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { HttpServer } from '../../../local/host/http-server.ts';
import { send } from './host-process.ts';

const limits = {
  headersTimeout: 150,
  requestTimeout: 300,
  keepAliveTimeout: 1_000,
  connectionsCheckingInterval: 20,
  holdMilliseconds: 100,
};

describe("the host's server", () => {
  let server: HttpServer;
  afterEach(async () => {
    await server.close(0);
  });

  const answer = (text: string) => (_message: unknown, response: { end: (text: string) => void }) => {
    response.end(text);
  };

  async function untilClosed(port: number, text: string): Promise<string> {
    const socket = connect(port, '127.0.0.1');
    let reply = '';
    socket.setEncoding('latin1').on('data', (chunk: string) => {
      reply += chunk;
    });
    socket.write(text);
    await once(socket, 'close');
    return reply;
  }

  it('ends a caller that does not finish its headers or its body in time', async () => {
    server = await HttpServer.listen(0, limits);
    server.open((message) => message.resume());
    expect(await untilClosed(server.port, 'GET / HTTP/1.1\r\nHost: a\r\nX-Slow:')).toMatch(
      /^HTTP\/1\.1 408 /,
    );
    const body = 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nabc';
    expect(await untilClosed(server.port, body)).toMatch(/^HTTP\/1\.1 408 /);
  });

  it('holds requests until it is opened, and then serves them in order', async () => {
    server = await HttpServer.listen(0, { ...limits, holdMilliseconds: 60_000 });
    const order: string[] = [];
    const first = send(server.port, '/1');
    const second = send(server.port, '/2');
    // A third connection that is accepted and answered by the parser shows that the first two have arrived.
    await untilClosed(server.port, 'nonsense\r\n\r\n');
    server.open((message, response) => {
      order.push(message.url ?? '');
      response.end('late');
    });
    expect((await first).body).toBe('late');
    expect((await second).body).toBe('late');
    expect(order).toEqual(['/1', '/2']);
  });

  it('answers 503 when the app takes too long, or the host ends before', async () => {
    server = await HttpServer.listen(0, limits);
    const reply = await send(server.port, '/');
    expect(reply.status).toBe(503);
    expect(reply.headers).toContain('retry-after: 1');
  });

  it('serves mounted paths and all below them beside the app, whole segments only', async () => {
    server = await HttpServer.listen(0, limits);
    server.mount('/runtime/webhooks/x', answer('mounted'));
    server.open(answer('app'));
    expect((await send(server.port, '/runtime/webhooks/x')).body).toBe('mounted');
    expect((await send(server.port, '/runtime/webhooks/x/y?z')).body).toBe('mounted');
    expect((await send(server.port, '/runtime/webhooks/xy')).body).toBe('app');
  });

  it('finishes what runs when it closes, within a bound, and refuses new connections', async () => {
    server = await HttpServer.listen(0, limits);
    const begun = Promise.withResolvers<() => void>();
    const arrived = Promise.withResolvers<void>();
    server.open((message, response) => {
      if (message.url === '/never') {
        arrived.resolve();
        return;
      }
      begun.resolve(() => response.end('finished'));
    });
    const running = send(server.port, '/');
    const finish = await begun.promise;
    const never = send(server.port, '/never');
    const cut = expect(never).rejects.toThrow(/ECONNRESET|hang up/);
    await arrived.promise;
    const closing = server.close(200);
    finish();
    expect((await running).body).toBe('finished');
    await cut;
    await closing;
    await expect(send(server.port, '/')).rejects.toThrow('ECONNREFUSED');
    server = await HttpServer.listen(0, limits);
  });
});
