import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { cleanUpPromotions } from '../../../shared/promotion/clean-up.ts';
import { type PromotionView, promotionViewSchema } from '../../../shared/promotion/view.ts';
import { readDefinition } from '../../../tools/model-folders.ts';
import {
  type AppStack,
  DEFAULT_MODEL,
  fraudRows,
  startAppStack,
  trainSmall,
} from '../../fixtures/app-stack.ts';
import { QUICK, SLOW } from '../../fixtures/promotion-plans.ts';
import { startTraffic, type Traffic } from '../../fixtures/traffic.ts';

const NOTICED = { timeout: 20_000, interval: 100 };
const ENDED = { timeout: 120_000, interval: 250 };

const replySchema = z.object({ predictions: z.array(z.object({ version: z.string() })) });
const pageSchema = z.object({ items: z.array(promotionViewSchema), next: z.string().optional() });

let running: AppStack;
let traffic: Traffic;
beforeAll(async () => {
  running = await startAppStack({ 'AzureWebJobs.promotion-cleanup.Disabled': 'true' });
  await trainSmall(running.app, await readDefinition(DEFAULT_MODEL), await fraudRows(), 2);
  traffic = await startTraffic(running.url);
}, 120_000);
afterAll(async () => {
  await traffic.stop();
  await running.stop();
});

const routes = `/api/models/${DEFAULT_MODEL}`;

async function post(
  path: string,
  body: unknown,
): Promise<{ status: number; location: string | null; body: unknown }> {
  const response = await fetch(new URL(routes + path, running.url), {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  return { status: response.status, location: response.headers.get('location'), body: await response.json() };
}

function* rowsFor(accounts: number): Generator<Record<string, unknown>> {
  for (let account = 0; account < accounts; account += 1) {
    yield {
      transaction_ts: '2026-03-02T03:14:00Z',
      customer_id: `C${account}`,
      amount: 912.5,
      currency: 'CAD',
      merchant_category: 'electronics',
    };
  }
}

const startedSchema = z.object({ promotionId: z.string(), statusUrl: z.url() });

async function start(body: object): Promise<{ promotionId: string; statusUrl: string }> {
  const reply = await post('/promotions', body);
  expect(reply).toMatchObject({ status: 202 });
  const started = startedSchema.parse(reply.body);
  expect(reply.location).toBe(started.statusUrl);
  return started;
}

async function read(url: string): Promise<PromotionView> {
  return promotionViewSchema.parse(await (await fetch(url)).json());
}

async function reaches(statusUrl: string, phase: PromotionView['phase']): Promise<PromotionView> {
  const phases: string[] = [];
  await expect
    .poll(async () => phases.push((await read(statusUrl)).phase) && phases.at(-1), ENDED)
    .toBe(phase);
  return read(statusUrl);
}

const trafficNow = async () => (await fetch(new URL(`${routes}/traffic`, running.url))).json();
const stateOf = async (version: string) =>
  (await running.app.catalogue.version(DEFAULT_MODEL, version)).state;

const HUB = '/runtime/webhooks/durabletask/instances';

/** What has become of a promotion's orchestration. */
async function statusOf(promotionId: string): Promise<string> {
  const status: unknown = await (await fetch(new URL(`${HUB}/${promotionId}`, running.url))).json();
  return z.object({ runtimeStatus: z.string() }).parse(status).runtimeStatus;
}

/** The versions that answer callers now. */
async function answering(): Promise<Set<string>> {
  const transactions = [...rowsFor(40)];
  const reply = await post('/score', { transactions });
  return new Set(replySchema.parse(reply.body).predictions.map(({ version }) => version));
}

describe('a promotion', () => {
  it('reaches all traffic on evidence, makes its version champion, and retires the old one', async () => {
    const { statusUrl, promotionId } = await start({ version: '2', plan: QUICK, requestedBy: 'ada' });
    const promoted = await reaches(statusUrl, 'promoted');
    expect(promoted).toMatchObject({
      version: '2',
      champion: '1',
      step: 2,
      percent: 100,
      requestedBy: 'ada',
    });
    expect(new Set(promoted.evaluations.map(({ phase }) => phase))).toEqual(new Set(['shadow', 'canary']));
    expect(await trafficNow()).toMatchObject({ champion: { version: '2' }, canary: null, shadow: null });
    await expect.poll(async () => [...(await answering())], NOTICED).toEqual(['2']);
    await expect.poll(() => stateOf('1'), ENDED).toBe('retired');
    await expect.poll(async () => (await running.app.registry.traffic(DEFAULT_MODEL))?.row.claim).toBeNull();
    expect(await stateOf('2')).toBe('champion');
    const copy = await running.app.models.read(`${DEFAULT_MODEL}/promotions/${promotionId}.json`);
    expect(JSON.parse(Buffer.from(copy ?? []).toString())).toMatchObject({ promotionId, phase: 'promoted' });
    expect(traffic.refused).toEqual([]);
  }, 180_000);

  it('is rolled back to the champion before it, at any time', async () => {
    const reply = await post('/rollback', { requestedBy: 'ada', reason: 'it blocks my card' });
    expect(reply).toMatchObject({ status: 200, body: { champion: { version: '1' }, canary: null } });
    await expect.poll(async () => [...(await answering())], NOTICED).toEqual(['1']);
    expect(await post('/rollback', { requestedBy: 'ada', reason: 'again' })).toMatchObject({ status: 409 });
  });

  it('starts once where it is asked for twice at the same instant, twenty times', async () => {
    for (let time = 0; time < 20; time += 1) {
      const body = { version: '2', plan: SLOW };
      const replies = await Promise.all([post('/promotions', body), post('/promotions', body)]);
      expect(replies.map(({ status }) => status).toSorted((left, right) => left - right)).toEqual([202, 409]);
      const { body: accepted } = replies.find(({ status }) => status === 202) ?? {};
      const { promotionId } = startedSchema.parse(accepted);
      const ended = await post(`/promotions/${promotionId}/abort`, { abortedBy: 'bob', reason: 'enough' });
      expect(ended).toMatchObject({ status: 200, body: { phase: 'aborted', reason: 'enough' } });
    }
  }, 120_000);

  it('gives its canary traffic, and an abort takes it back', async () => {
    const plan = { ...SLOW, shadow: null };
    const { promotionId, statusUrl } = await start({ version: '2', plan });
    await expect.poll(async () => [...(await answering())].toSorted(), NOTICED).toEqual(['1', '2']);
    await post(`/promotions/${promotionId}/abort`, { abortedBy: 'bob', reason: 'enough' });
    expect(await trafficNow()).toMatchObject({ champion: { version: '1' }, canary: null, shadow: null });
    await expect.poll(async () => [...(await answering())], NOTICED).toEqual(['1']);
    expect(await read(statusUrl)).toMatchObject({
      phase: 'aborted',
      percent: 0,
      endedAt: expect.any(String),
    });
    await expect.poll(() => statusOf(promotionId), NOTICED).toBe('Completed');
  }, 120_000);

  it('waits for an approval that its own requester cannot give', async () => {
    const plan = { ...QUICK, approval: 'every-step', keepWarm: '0s' };
    expect(await post('/promotions', { version: '2', plan })).toMatchObject({
      status: 400,
      body: { errors: [{ path: '/requestedBy' }] },
    });
    const { promotionId, statusUrl } = await start({ version: '2', plan, requestedBy: 'ada' });
    await reaches(statusUrl, 'awaiting-approval');
    const approve = (approvedBy: string) => post(`/promotions/${promotionId}/approve`, { approvedBy });
    expect(await approve('ada')).toMatchObject({ status: 403 });
    expect(await approve('bob')).toMatchObject({ status: 200 });
    await reaches(statusUrl, 'canary');
    await post('/rollback', { requestedBy: 'ada', reason: 'seen enough' });
    expect(await read(statusUrl)).toMatchObject({ phase: 'aborted' });
    expect(await trafficNow()).toMatchObject({ champion: { version: '1' }, canary: null, shadow: null });
  }, 120_000);

  it('is refused where it cannot work, and says where', async () => {
    expect(await post('/promotions', { version: '9' })).toMatchObject({ status: 404 });
    expect(await post('/promotions', { version: '1' })).toMatchObject({ status: 409 });
    expect(await post('/promotions', { version: '2', plan: { steps: [{ percent: 100 }] } })).toMatchObject({
      status: 400,
      body: { errors: [{ path: '/plan/steps/0/percent' }] },
    });
    expect(await post('/promotions/none/abort', { abortedBy: 'bob', reason: 'x' })).toMatchObject({
      status: 404,
    });
    expect(traffic.refused).toEqual([]);
  });

  it('is listed, newest first', async () => {
    const list = pageSchema.parse(
      await (await fetch(new URL(`${routes}/promotions?limit=2`, running.url))).json(),
    );
    expect(list.items.map(({ phase }) => phase)).toEqual(['aborted', 'aborted']);
    expect(list.next).toBe(list.items[1]?.promotionId);
  });
});

describe('a lost orchestration', () => {
  it("costs the canary its traffic at the claim's end", async () => {
    const plan = { ...SLOW, shadow: null, checkEvery: '1s' };
    const { promotionId } = await start({ version: '2', plan });
    await expect.poll(async () => [...(await answering())].toSorted(), NOTICED).toEqual(['1', '2']);
    const hub = `/runtime/webhooks/durabletask/instances/${promotionId}`;
    expect(
      (await fetch(new URL(`${hub}/terminate?reason=lost`, running.url), { method: 'POST' })).status,
    ).toBe(202);
    await expect.poll(() => statusOf(promotionId), NOTICED).toBe('Terminated');
    const claim = async () => (await running.app.registry.traffic(DEFAULT_MODEL))?.row.claim;
    const end = Date.parse((await claim())?.validUntil ?? '');
    await expect.poll(async () => [...(await answering())], ENDED).toEqual(['1']);
    expect(Date.now()).toBeGreaterThanOrEqual(end);
    expect(Date.now()).toBeLessThan(end + 5_000);
    // Nobody has cleaned up: the timer is switched off here.
    expect((await claim())?.promotionId).toBe(promotionId);
    const { promotions } = running.app;
    const unused = () => Promise.reject(new Error('not to be called'));
    await cleanUpPromotions(promotions, {
      start: unused,
      wake: unused,
      status: () => Promise.resolve('ended'),
    });
    expect(await claim()).toBeNull();
    expect(await promotions.store.read(DEFAULT_MODEL, promotionId)).toMatchObject({
      row: { state: { situation: { phase: 'aborted', reason: 'its orchestration has ended' } } },
    });
  }, 180_000);
});
