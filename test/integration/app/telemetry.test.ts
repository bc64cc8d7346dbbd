import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { readRange } from '../../../shared/events/log-reader.ts';
import { TELEMETRY_EVENTS, TELEMETRY_METRICS, TELEMETRY_SPANS } from '../../../shared/telemetry-names.ts';
import { readDefinition } from '../../../tools/model-folders.ts';
import {
  type AppStack,
  DEFAULT_MODEL,
  fraudRows,
  startAppStack,
  trainSmall,
} from '../../fixtures/app-stack.ts';
import { bodyOf } from '../../fixtures/http.ts';
import { type CollectedSpan, type OtlpCollector, startOtlpCollector } from '../../fixtures/otlp-collector.ts';
import { SLOW } from '../../fixtures/promotion-plans.ts';

/** Spans are sent every five seconds, and the log collects every two. */
const ARRIVED = { timeout: 60_000, interval: 250 };
const TRACE = 'c0ffee00c0ffee00c0ffee00c0ffee01';
const CALLER = 'deadbeef00000001';

/** What nobody but the log may hold. Numbers that no span would have by chance. */
const TRANSACTION = {
  transaction_id: 'tx-zebra-731905',
  transaction_ts: '2026-03-02T03:14:15Z',
  customer_id: 'C-zebra-640281',
  merchant_id: 'M-zebra-518233',
  amount: 918_273.64,
  currency: 'CAD',
  merchant_category: 'digital_goods',
  device_fingerprint: 'D-zebra-904417',
  ip_geo_country: 'NL',
  customer_tenure_days: 40_417,
};
const PERSON = 'Zebra Personova';
const SECRETS = [
  'zebra',
  PERSON,
  String(TRANSACTION.amount),
  TRANSACTION.transaction_ts,
  'digital_goods',
  String(TRANSACTION.customer_tenure_days),
];

const startedSchema = z.object({ promotionId: z.string() });

let collector: OtlpCollector;
let running: AppStack;
const said: string[] = [];
let stopped = false;
beforeAll(async () => {
  collector = await startOtlpCollector();
  running = await startAppStack(
    { OTEL_EXPORTER_OTLP_ENDPOINT: collector.url, TELEMETRY_SAMPLE_RATIO: '1' },
    undefined,
    { log: (_service, line) => said.push(line) },
  );
  await trainSmall(running.app, await readDefinition(DEFAULT_MODEL), await fraudRows(), 2);
}, 120_000);
async function stop(): Promise<void> {
  if (!stopped) await running.stop();
  stopped = true;
}
afterAll(async () => {
  await stop();
  await collector.stop();
});

function post(path: string, body: unknown, headers: Record<string, string> = {}): Promise<Response> {
  return fetch(new URL(path, running.url), {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  });
}

function score(traceId: string, body: unknown): Promise<Response> {
  return post('/api/score', body, { traceparent: `00-${traceId}-${CALLER}-01` });
}

const spansOf = (traceId: string) => collector.spans.filter((span) => span.traceId === traceId);
const named = (spans: readonly CollectedSpan[], name: string) => spans.filter((span) => span.name === name);
const eventsNamed = (name: string) =>
  collector.events.filter(({ attributes }) => attributes['microsoft.custom_event.name'] === name);

/** The spans of a trace whose parent has not been sent: the first of a connected one. */
function roots(spans: readonly CollectedSpan[]): CollectedSpan[] {
  const ids = new Set(spans.map(({ spanId }) => spanId));
  return spans.filter(({ parentSpanId = '' }) => !ids.has(parentSpanId));
}

describe('a scored transaction', () => {
  it("is one connected trace of its caller's, from the request to its line in Blob", async () => {
    const from = Date.now();
    const reply = await score(TRACE, { transaction: TRANSACTION });
    expect(reply.status).toBe(200);
    const { predictionId } = await bodyOf(reply);
    await expect.poll(() => named(spansOf(TRACE), TELEMETRY_SPANS.append).length, ARRIVED).toBe(1);
    const spans = spansOf(TRACE);
    expect(spans.map(({ name }) => name).toSorted()).toEqual([
      'score',
      TELEMETRY_SPANS.append,
      TELEMETRY_SPANS.record,
    ]);
    expect(roots(spans)).toEqual(named(spans, 'score'));
    expect(named(spans, 'score')[0]?.attributes).toMatchObject({
      'http.route': 'api/score',
      'http.response.status_code': 200,
    });
    expect(named(spans, TELEMETRY_SPANS.record)[0]?.attributes).toMatchObject({ outcome: 'acknowledged' });

    const written: (string | undefined)[] = [];
    for await (const { event } of readRange(running.app.predictions, DEFAULT_MODEL, from, Date.now() + 1))
      if (event.id === predictionId) written.push(event.traceparent);
    const [appended] = named(spans, TELEMETRY_SPANS.append);
    expect(written).toEqual([`00-${TRACE}-${appended?.parentSpanId}-01`]);
  });

  it('is linked with the batch that it was collected in', async () => {
    const [appended] = named(spansOf(TRACE), TELEMETRY_SPANS.append);
    const [link] = appended?.links ?? [];
    await expect.poll(() => spansOf(link?.traceId ?? '').length, ARRIVED).toBeGreaterThan(1);
    const batch = spansOf(link?.traceId ?? '');
    expect(named(batch, TELEMETRY_SPANS.append)[0]?.links).toContainEqual({
      traceId: TRACE,
      spanId: appended?.parentSpanId,
    });
    expect(named(batch, 'collect')).toHaveLength(1);
  });

  it('is an event with its version, in the same trace', async () => {
    await expect.poll(() => eventsNamed(TELEMETRY_EVENTS.prediction).length, ARRIVED).toBeGreaterThan(0);
    const [event] = eventsNamed(TELEMETRY_EVENTS.prediction);
    expect(event?.traceId).toBe(TRACE);
    expect(event?.attributes).toMatchObject({
      model: DEFAULT_MODEL,
      version: '1',
      variant: 'champion',
      weight: 1,
    });
  });
});

describe('a promotion', () => {
  it('is one connected trace, from the request through its checks', async () => {
    const traceId = 'c0ffee00c0ffee00c0ffee00c0ffee02';
    const body = { version: '2', plan: SLOW, requestedBy: PERSON };
    const reply = await post(`/api/models/${DEFAULT_MODEL}/promotions`, body, {
      traceparent: `00-${traceId}-${CALLER}-00`,
    });
    expect(reply.status, await reply.clone().text()).toBe(202);
    const { promotionId } = startedSchema.parse(await reply.json());
    await expect.poll(() => named(spansOf(traceId), 'promotionCheck').length, ARRIVED).toBeGreaterThan(1);
    const spans = spansOf(traceId);
    expect(roots(spans)).toEqual(named(spans, 'promotion-start'));

    const order = { abortedBy: PERSON, reason: `${PERSON} changed her mind` };
    const aborted = await post(`/api/models/${DEFAULT_MODEL}/promotions/${promotionId}/abort`, order);
    expect(aborted.status).toBe(200);
    await expect.poll(() => eventsNamed(TELEMETRY_EVENTS.promotionEnded).length, ARRIVED).toBe(1);
    expect(eventsNamed(TELEMETRY_EVENTS.promotionStarted)[0]).toMatchObject({
      traceId,
      attributes: { model: DEFAULT_MODEL, version: '2', promotionId },
    });
    expect(eventsNamed(TELEMETRY_EVENTS.promotionEnded)[0]?.attributes).toMatchObject({
      promotionId,
      phase: 'aborted',
    });
  });
});

describe('what is exported and logged', () => {
  it('counts predictions by version and decision, and has no personal data', async () => {
    const wrong = { ...TRANSACTION, amount: 'zebra-dollars', merchant_category: 'zebra-goods' };
    expect((await score('c0ffee00c0ffee00c0ffee00c0ffee03', { transaction: wrong })).status).toBe(400);
    const { predictionId } = await bodyOf(
      await score('c0ffee00c0ffee00c0ffee00c0ffee04', { transaction: TRANSACTION }),
    );
    const labels = [{ predictionId, label: 1, source: PERSON }];
    expect((await post('/api/labels', { labels })).status).toBe(202);
    await expect.poll(() => spansOf('c0ffee00c0ffee00c0ffee00c0ffee04').length, ARRIVED).toBe(3);
    await stop();

    const counts = collector.metrics.filter(({ name }) => name === TELEMETRY_METRICS.predictions);
    const points = counts.at(-1)?.sum?.dataPoints ?? [];
    expect(points.map(({ attributes }) => attributes)).toContainEqual({
      model: DEFAULT_MODEL,
      version: '1',
      variant: 'champion',
      decision: expect.stringMatching(/^(approve|review|block)$/),
    });
    const total = points.reduce((sum, { asInt, asDouble }) => sum + Number(asInt ?? asDouble), 0);
    expect(total).toBe(2);
    expect(collector.metrics.map(({ name }) => name)).toContain(TELEMETRY_METRICS.predictionDuration);

    expect(said.length).toBeGreaterThan(0);
    const everything = [...collector.bodies, ...said].join('\n');
    expect(everything).toContain(TRACE);
    for (const secret of SECRETS) expect(everything).not.toContain(secret);
  });
});
