import { CloudEvent } from 'cloudevents';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import type { Alert } from '../../../shared/alerts/alert.ts';
import { ALERT_FORMATS, webhookMessage } from '../../../shared/alerts/formats.ts';
import { postWebhook } from '../../../shared/alerts/post-webhook.ts';

const alert: Alert = {
  kind: 'alert',
  model: 'cards',
  key: 'drift',
  severity: 'critical',
  state: 'raised',
  title: 'The input <amount> & others',
  detail: 'Amounts are twice what they were.',
  path: '/api/models/cards/drift/1',
  raisedAt: '2026-03-01T06:00:00.000Z',
  changedAt: '2026-03-02T06:00:00.000Z',
  delivered: false,
};
const hook = new URL('https://hooks.example/v2/enqueue?routing_key=secret&x=1');
const app = new URL('https://bank.example');

describe('a webhook message', () => {
  it('is a CloudEvent by the standard', () => {
    const { body, contentType } = webhookMessage(alert, 'cloudevents', hook, app);
    expect(contentType).toBe('application/cloudevents+json');
    const event = new CloudEvent(z.record(z.string(), z.unknown()).parse(body));
    expect(event.validate()).toBe(true);
    expect(event.data).toMatchObject({
      state: 'raised',
      link: 'https://bank.example/api/models/cards/drift/1',
    });
    const again = webhookMessage({ ...alert, delivered: true }, 'cloudevents', hook).body;
    expect(again).toMatchObject({ id: event.id });
  });

  it("escapes what Slack would take for markup, and keeps PagerDuty's key out of the address", () => {
    const slack = JSON.stringify(webhookMessage(alert, 'slack', hook, app).body);
    expect(slack).toContain('The input &lt;amount&gt; &amp; others');
    const { url, body } = webhookMessage(alert, 'pagerduty', hook);
    expect(url.href).toBe('https://hooks.example/v2/enqueue?x=1');
    expect(body).toMatchObject({ routing_key: 'secret', event_action: 'trigger' });
    const over = webhookMessage({ ...alert, state: 'resolved' }, 'pagerduty', hook).body;
    expect(over).toMatchObject({ event_action: 'resolve' });
    const { dedup_key: key } = z.object({ dedup_key: z.string() }).parse(body);
    expect(over).toMatchObject({ dedup_key: key });
  });

  it.each(ALERT_FORMATS)('says in %s what it is about, and whether it is over', (format) => {
    const open = JSON.stringify(webhookMessage(alert, format, hook, app).body);
    const over = JSON.stringify(webhookMessage({ ...alert, state: 'resolved' }, format, hook, app).body);
    expect(open).toContain('Amounts are twice what they were.');
    expect(over).not.toBe(open);
    expect(over).toMatch(/resolve/iu);
  });
});

describe('posting to a webhook', () => {
  let server: Server;
  let answers: ((
    request: IncomingMessage,
  ) => { status: number; headers?: Record<string, string> } | undefined)[];
  let bodies: unknown[];
  let waits: number[];
  let url: URL;

  beforeEach(async () => {
    [answers, bodies, waits] = [[], [], []];
    server = createServer((request, response) => {
      void json(request).then((body) => {
        bodies.push(body);
        const answer = answers.shift()?.(request);
        if (answer !== undefined) response.writeHead(answer.status, answer.headers).end();
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    // What listens on TCP has an address and a port.
    url = new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/hook?token=secret`);
  });
  afterEach(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });

  const post = async () =>
    postWebhook(webhookMessage(alert, 'cloudevents', url), {
      tryMs: 200,
      waitsMs: [10, 20],
      wait: async (ms) => void (await Promise.resolve(waits.push(ms))),
    });

  it('tries again where the receiver is busy, as late as it says', async () => {
    answers = [
      () => ({ status: 500 }),
      () => ({ status: 429, headers: { 'retry-after': '2' } }),
      () => ({ status: 202 }),
    ];
    await post();
    expect(bodies).toHaveLength(3);
    expect(new Set(bodies.map((body) => JSON.stringify(body))).size).toBe(1);
    expect(waits).toEqual([10, 2_000]);
  });

  it('does not try again what the receiver refuses, and follows no redirect', async () => {
    answers = [() => ({ status: 404 })];
    await expect(post()).rejects.toThrow('answered 404, tried 1 times');
    answers = [() => ({ status: 302, headers: { location: 'http://127.0.0.1:1/' } })];
    await expect(post()).rejects.toThrow('answered 302');
    expect(bodies).toHaveLength(2);
  });

  it('gives up on a receiver that is silent or gone, and never names its address', async () => {
    answers = [() => undefined, () => undefined, () => undefined];
    await expect(post()).rejects.toThrow(/did not answer in time, tried 3 times/u);
    await new Promise((resolve) => server.close(resolve).closeAllConnections());
    const error: unknown = await post().catch((reason: unknown) => reason);
    expect(String(error)).toContain('could not be reached');
    expect(String(error)).not.toContain('secret');
  });
});
