import { BlobServiceClient } from '@azure/storage-blob';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import type { PredictionEvent } from '../../../shared/events/event-schema.ts';
import { readRange } from '../../../shared/events/log-reader.ts';
import { type ShadowEvent, shadowEventSchema } from '../../../shared/events/shadow-event-schema.ts';
import { assignmentHash, bucketOf, seedOf } from '../../../shared/registry/assignment.ts';
import { claim, returnTraffic, setStep, type Transition } from '../../../shared/registry/traffic.ts';
import { readDefinition } from '../../../tools/model-folders.ts';
import {
  type AppStack,
  DEFAULT_MODEL,
  fraudRows,
  startAppStack,
  trainSmall,
} from '../../fixtures/app-stack.ts';
import { bodyOf, type ReplyBody } from '../../fixtures/http.ts';

/** A change has to be noticed within 5 s; the rest is for loading the version on a busy machine. */
const NOTICED = { timeout: 15_000, interval: 100 };
const stamp = () => ({ at: new Date(), by: 'test' });
const inAnHour = () => new Date(Date.now() + 3_600_000);

const from = Date.now();
let running: AppStack;
beforeAll(async () => {
  running = await startAppStack();
  const definition = await readDefinition(DEFAULT_MODEL);
  const rows = await fraudRows();
  for (const seed of [2, 3]) await trainSmall(running.app, definition, rows, seed);
  await running.app.models.write(`${DEFAULT_MODEL}/3/model.onnx`, Buffer.from('tampered'));
}, 120_000);
afterAll(async () => {
  await running.stop();
});

const shadowLine = z.object({ event: shadowEventSchema });

/** The log of predictions, by their ids. */
async function logged(): Promise<Map<string, PredictionEvent>> {
  const found = new Map<string, PredictionEvent>();
  const { app } = running;
  for await (const { event } of readRange(app.predictions, DEFAULT_MODEL, from, Date.now() + 1)) {
    found.set(event.id, event);
  }
  return found;
}

/** What the shadow recorded, by prediction. */
async function shadowed(): Promise<Map<string, ShadowEvent>> {
  const found = new Map<string, ShadowEvent>();
  const service = BlobServiceClient.fromConnectionString(running.stack.endpoints.storage ?? '');
  const container = service.getContainerClient('shadows');
  for await (const { name } of container.listBlobsFlat({ prefix: `${DEFAULT_MODEL}/` })) {
    const text = (await container.getBlobClient(name).downloadToBuffer()).toString();
    for (const line of text.split('\n').filter((one) => one !== '')) {
      const { event } = shadowLine.parse(JSON.parse(line));
      found.set(event.data.predictionId, event);
    }
  }
  return found;
}

/** Reads a log until it has all of these predictions. */
async function allOf<T>(read: () => Promise<Map<string, T>>, replies: readonly ReplyBody[]): Promise<T[]> {
  let found = new Map<string, T>();
  const missing = async () => {
    found = await read();
    return replies.filter(({ predictionId }) => !found.has(predictionId)).length;
  };
  await expect.poll(missing, NOTICED).toBe(0);
  return replies.flatMap(({ predictionId }) => found.get(predictionId) ?? []);
}

async function change(transition: Transition) {
  const changed = await running.app.registry.changeTraffic(DEFAULT_MODEL, transition);
  if (changed.kind !== 'changed') throw new Error(`The traffic is ${changed.kind}`);
  return changed.traffic.row;
}

/** Gives a candidate a step of a promotion of its own. */
async function start(
  promotionId: string,
  candidate: string,
  step: { percent: number; shadow: boolean; validUntil?: Date },
) {
  const validUntil = step.validUntil ?? inAnHour();
  const { epoch } = await change(claim({ promotionId, candidate, validUntil }, stamp()));
  const fence = { promotionId, epoch };
  await change(setStep(fence, { step: 1, ...step, validUntil: new Date(validUntil.getTime() + 1) }, stamp()));
  return { end: () => change(returnTraffic(fence, stamp())) };
}

const ACCOUNTS = Array.from({ length: 40 }, (_, index) => `C${index}`);

function transactionOf(account: string) {
  return {
    transaction_ts: '2026-03-02T03:14:00Z',
    customer_id: account,
    amount: 912.5,
    currency: 'CAD',
    merchant_category: 'electronics',
  };
}

async function score(
  accounts: readonly string[],
  headers: Record<string, string> = {},
): Promise<ReplyBody[]> {
  const response = await fetch(`${running.url}/api/score`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify({ transactions: accounts.map(transactionOf) }),
  });
  expect(response.status).toBe(200);
  return (await bodyOf(response)).predictions;
}

const versionsOf = async () => new Set((await score(ACCOUNTS)).map(({ version }) => version));
describe('a canary', () => {
  it('serves its share of the accounts, always the same ones, and the log says so', async () => {
    const { end } = await start('promotion-a', '2', { percent: 50, shadow: false });
    await expect.poll(versionsOf, NOTICED).toEqual(new Set(['1', '2']));
    const traffic: unknown = await (await fetch(`${running.url}/api/models/${DEFAULT_MODEL}/traffic`)).json();
    expect(traffic).toEqual({
      champion: { version: '1' },
      canary: { version: '2', percent: 50, promotionId: 'promotion-a' },
      shadow: null,
      etag: expect.any(String),
    });

    const [first, second] = [await score(ACCOUNTS), await score(ACCOUNTS.toReversed())];
    const seed = seedOf('promotion-a');
    const expected = ACCOUNTS.map((account) => (bucketOf(assignmentHash(seed, account)) < 5_000 ? '2' : '1'));
    expect(first.map(({ version }) => version)).toEqual(expected);
    expect(second.map(({ version }) => version)).toEqual(expected.toReversed());
    const pinned = await score(ACCOUNTS, { 'x-tollgate-version': '1' });
    expect(new Set(pinned.map(({ version }) => version))).toEqual(new Set(['1']));

    for (const [index, { data }] of (await allOf(logged, first)).entries()) {
      expect(data).toMatchObject({
        version: expected[index],
        variant: expected[index] === '2' ? 'canary' : 'champion',
        promotionId: 'promotion-a',
        step: 1,
        accountHash: assignmentHash(seed, ACCOUNTS[index] ?? ''),
        pinned: false,
        modelMs: expect.any(Number),
      });
    }
    expect((await allOf(logged, pinned))[0]?.data).not.toHaveProperty('promotionId');

    // What the canary served, the champion scores too.
    const served = first.filter(({ version }) => version === '2');
    await allOf(shadowed, served);
    const shadows = await shadowed();
    const alone = new Map(
      (await score(ACCOUNTS, { 'x-tollgate-version': '1' })).map((one, at) => [ACCOUNTS[at], one]),
    );
    for (const [index, reply] of first.entries()) {
      const shadow = shadows.get(reply.predictionId);
      if (reply.version === '1') expect(shadow).toBeUndefined();
      else {
        expect(shadow?.id).not.toBe(reply.predictionId);
        expect(shadow?.data).toMatchObject({
          served: 'canary',
          champion: { version: '1', score: alone.get(ACCOUNTS[index])?.score },
          candidate: { version: '2', score: reply.score },
          accountHash: assignmentHash(seed, ACCOUNTS[index] ?? ''),
        });
      }
    }
    await end();
    await expect.poll(versionsOf, NOTICED).toEqual(new Set(['1']));
  });

  it('that cannot be loaded is nobody’s problem but its own', async () => {
    const { end } = await start('promotion-b', '3', { percent: 50, shadow: false });
    const fallbacks = async () => {
      const replies = await score(ACCOUNTS);
      expect(new Set(replies.map(({ version }) => version))).toEqual(new Set(['1']));
      return (await allOf(logged, replies)).filter(({ data }) => data.fallback !== undefined);
    };
    await expect.poll(async () => (await fallbacks()).length, NOTICED).toBeGreaterThan(0);
    const seed = seedOf('promotion-b');
    for (const { data } of await fallbacks()) {
      expect(data).toMatchObject({
        version: '1',
        variant: 'champion',
        promotionId: 'promotion-b',
        fallback: { version: '3', error: expect.stringMatching(/SHA-256/) },
      });
      expect(bucketOf(data.accountHash ?? Infinity)).toBeLessThan(5_000);
      expect(ACCOUNTS.map((account) => assignmentHash(seed, account))).toContain(data.accountHash);
    }
    await end();
  });

  it('gets nothing once its claim has ended, though nobody has cleaned up', async () => {
    const { end } = await start('promotion-c', '2', {
      percent: 100,
      shadow: false,
      validUntil: new Date(Date.now() + 8_000),
    });
    await expect.poll(versionsOf, NOTICED).toEqual(new Set(['2']));
    await expect.poll(versionsOf, NOTICED).toEqual(new Set(['1']));
    expect((await running.app.registry.traffic(DEFAULT_MODEL))?.row.canary).toMatchObject({ percent: 100 });
    await end();
  });
});

describe('a shadow', () => {
  it('scores what the champion serves, and leaves the replies alone', async () => {
    const { end } = await start('promotion-d', '2', { percent: 0, shadow: true });
    const started = async () => {
      await score(ACCOUNTS.slice(0, 1));
      return [...(await shadowed()).values()].some(({ data }) => data.promotionId === 'promotion-d');
    };
    await expect.poll(started, NOTICED).toBe(true);
    const replies = await score(ACCOUNTS);
    expect(new Set(replies.map(({ version }) => version))).toEqual(new Set(['1']));
    const shadows = await allOf(shadowed, replies);
    const alone = await score(ACCOUNTS, { 'x-tollgate-version': '2' });
    for (const [index, reply] of replies.entries()) {
      expect(shadows[index]?.data).toMatchObject({
        model: DEFAULT_MODEL,
        promotionId: 'promotion-d',
        served: 'champion',
        champion: { version: '1', score: reply.score },
        candidate: { version: '2', score: alone[index]?.score, decision: expect.any(String) },
      });
    }
    await end();
  });
});
