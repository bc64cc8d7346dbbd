import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import type { CompiledContract } from '../../../shared/features/compile.ts';
import { readLabelledRows } from '../../../shared/training/labelled-rows.ts';
import { type PromotionView, promotionViewSchema } from '../../../shared/promotion/view.ts';
import { type Fault, registerFaulty } from '../../../tools/faulty-version.ts';
import { generatedCsv, loadGenerator } from '../../../tools/row-generator.ts';
import { type AppStack, DEFAULT_MODEL, startAppStack } from '../../fixtures/app-stack.ts';
import { startTraffic, type Traffic } from '../../fixtures/traffic.ts';

const ENDED = { timeout: 60_000, interval: 250 };
/** At this rate the small model blocks 2 % of the rows. */
const POPULATION = { fraudRate: 0.1 };
/** A plan in seconds, with the default gates. */
const PLAN = { checkEvery: '1s', extendAtMost: '5m', keepWarm: '0s' };
const CANARY = [
  { percent: 50, bake: '1m' },
  { percent: 100, bake: '1m' },
];

let running: AppStack;
let traffic: Traffic;
let csv: Uint8Array;
beforeAll(async () => {
  running = await startAppStack();
  const generator = await loadGenerator(DEFAULT_MODEL);
  if (generator === undefined) throw new Error('The model has no generator');
  csv = Buffer.from([...generatedCsv(generator, { ...POPULATION, rows: 5_000, seed: 11 })].join(''));
  traffic = await startTraffic(running.url, 4, POPULATION);
}, 120_000);
afterAll(async () => {
  await traffic.stop();
  await running.stop();
});

const startedSchema = z.object({ statusUrl: z.url() });

/** Promotes a version with a fault, until the promotion is over. */
async function promoted(fault: Fault, plan: object): Promise<PromotionView> {
  const { app, url } = running;
  const rows = (contract: CompiledContract) => readLabelledRows(contract, csv, ',').rows;
  const { version } = await registerFaulty(app, DEFAULT_MODEL, fault, rows);
  const reply = await fetch(new URL(`/api/models/${DEFAULT_MODEL}/promotions`, url), {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ version, plan: { ...PLAN, ...plan } }),
  });
  expect(reply.status).toBe(202);
  const { statusUrl } = startedSchema.parse(await reply.json());
  const read = async () => promotionViewSchema.parse(await (await fetch(statusUrl)).json());
  await expect.poll(async () => (await read()).endedAt, ENDED).toBeDefined();
  return read();
}

interface Case {
  readonly what: string;
  readonly fault: Fault;
  readonly plan: object;
  readonly step: number;
  readonly gate: string;
}

const CASES: readonly Case[] = [
  {
    what: 'where scoring fails on 3 % of the rows',
    fault: { kind: 'throws', share: 0.03 },
    plan: { shadow: null, steps: CANARY },
    step: 1,
    gate: 'errorRate',
  },
  {
    what: 'where it takes three times as long',
    fault: { kind: 'slow', factor: 3 },
    plan: { shadow: null, steps: CANARY },
    step: 1,
    gate: 'latencyP95',
  },
  {
    what: 'where it blocks twice as often, at the shadow already',
    fault: { kind: 'blocks', factor: 2 },
    plan: { shadow: { bake: '1m' }, steps: CANARY },
    step: 0,
    gate: 'decisionRate',
  },
];

describe('a promotion of a faulty version is rolled back, and no caller notices,', () => {
  it.each(CASES)('$what', { timeout: 90_000 }, async ({ fault, plan, step, gate }) => {
    const view = await promoted(fault, plan);
    expect(view).toMatchObject({ phase: 'rolled-back', step, reason: expect.stringMatching(/\d %/) });
    expect(view.evaluations.at(-1)).toMatchObject({ step, verdict: 'fail' });
    expect(view.evaluations.at(-1)?.gates).toContainEqual(
      expect.objectContaining({ gate, verdict: 'fail', reason: view.reason }),
    );
    const reply = await fetch(new URL(`/api/models/${DEFAULT_MODEL}/traffic`, running.url));
    expect(await reply.json()).toMatchObject({ champion: { version: '1' }, canary: null, shadow: null });
    expect(traffic.refused).toEqual([]);
  });
});
