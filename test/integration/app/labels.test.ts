import { execFile } from 'node:child_process';
import { resolve } from 'node:path';
import { promisify } from 'node:util';
import { v7 as uuidv7 } from 'uuid';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { joinRange, newJoinCounts } from '../../../shared/outcomes/join.ts';
import { createRandom } from '../../../shared/training/random.ts';
import { loadGenerator } from '../../../tools/row-generator.ts';
import { labelledRows } from '../../../tools/simulated-rows.ts';
import { type AppStack, DEFAULT_MODEL, startAppStack } from '../../fixtures/app-stack.ts';
import { bodyOf } from '../../fixtures/http.ts';

/** What was spilled is sent again every 10 s, and collected 2 s later. */
const COLLECTED = { timeout: 60_000, interval: 250 };
const RECOVERED = { timeout: 20_000, interval: 50 };

interface Sent {
  readonly predictionId: string;
  readonly label: number;
  readonly observedAt?: string;
  readonly source?: string;
}

let running: AppStack;
beforeAll(async () => {
  running = await startAppStack();
}, 120_000);
afterAll(async () => {
  await running.stop();
});

const post = (path: string, body: unknown) =>
  fetch(running.url + path, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
    signal: AbortSignal.timeout(20_000),
  });

async function sendLabels(labels: readonly Sent[]): Promise<void> {
  const response = await post('/api/labels', { labels });
  expect([response.status, await response.json()]).toEqual([202, { accepted: labels.length }]);
}

/** Scores generated transactions; their ids with the truth. */
async function scored(count: number, seed: number): Promise<Sent[]> {
  const generator = await loadGenerator(DEFAULT_MODEL);
  if (generator === undefined) throw new Error('The model has no generator');
  const request = { seed, fraudRate: 0.2 };
  const rows = labelledRows(generator, { name: 'is_fraud' }, request, count, Date.now())
    .take(count)
    .toArray();
  const { predictions } = await bodyOf(
    await post('/api/score', { transactions: rows.map(({ row }) => row) }),
  );
  return predictions.map(({ predictionId }, at) => ({ predictionId, label: rows[at]?.truth ?? 0 }));
}

/** What the logs' reader gives of the predictions since a time. */
async function joined(from: number) {
  const counts = newJoinCounts();
  const labels = new Map<string, number | undefined>();
  for await (const { event, label } of joinRange(running.app, DEFAULT_MODEL, from, Date.now() + 1, counts))
    labels.set(event.id, label?.label);
  return { counts, labels };
}

const shuffled = <T>(items: readonly T[], seed: number): T[] => {
  const draw = createRandom(seed);
  return items
    .map((item) => ({ item, order: draw() }))
    .toSorted((a, b) => a.order - b.order)
    .map(({ item }) => item);
};

describe('labels', () => {
  it('are joined with 500 predictions right, sent twice, out of order, for nobody, and while the broker dies', async () => {
    const from = Date.now();
    const truths = await scored(500, 31);
    const labelled = truths.slice(0, 450);
    const at = (minutes: number) => new Date(from + minutes * 60_000).toISOString();
    // Of every tenth the opposite was thought before, and of every fifteenth long ago.
    const first = labelled
      .filter((_, i) => i % 10 === 0 || i % 15 === 0)
      .map((one, i) => ({ ...one, label: 1 - one.label, observedAt: at(-i) }));
    const last = labelled.map((one) => ({ ...one, observedAt: at(60), source: 'chargeback' }));
    const nobodys = Array.from({ length: 20 }, () => ({ predictionId: uuidv7({ msecs: from }), label: 1 }));
    const all = shuffled([...first, ...last, ...last, ...nobodys, ...nobodys], 5);
    const third = Math.ceil(all.length / 3);
    // The first labels overtake their predictions, which are collected two seconds after the fact at the soonest.
    await sendLabels(all.slice(0, third));
    const broker = running.stack.endpoints.processes.eventHubs ?? 0;
    process.kill(broker, 'SIGKILL');
    await sendLabels(all.slice(third, 2 * third));
    await expect.poll(() => running.stack.endpoints.processes.eventHubs, RECOVERED).not.toBe(broker);
    await sendLabels(all.slice(2 * third));

    // Lines may be more than were sent: what the broker had before it died is sent again all the same.
    const arrived = async () => {
      const { counts, labels } = await joined(from);
      return { predictions: labels.size, labelled: counts.labelled, unknown: counts.unknown };
    };
    await expect.poll(arrived, COLLECTED).toEqual({ predictions: 500, labelled: 450, unknown: 20 });
    const known = new Map<string, number | undefined>(labelled.map((one) => [one.predictionId, one.label]));
    for (const { predictionId } of truths.slice(450)) known.set(predictionId, undefined);
    await expect.poll(async () => (await joined(from)).labels, COLLECTED).toEqual(known);
    const { counts } = await joined(from);
    expect(counts.labels.unreadable).toBe(0);
    expect(counts.unclaimed).toBe(0);

    const [shown] = labelled;
    const prediction = await fetch(`${running.url}/api/models/fraud/predictions/${shown?.predictionId}`);
    expect(await prediction.json()).toMatchObject({
      event: { id: shown?.predictionId },
      label: { label: shown?.label, observedAt: at(60), source: 'chargeback' },
    });
    const bare = await fetch(`${running.url}/api/models/fraud/predictions/${truths[499]?.predictionId}`);
    expect(bare.status).toBe(200);
    expect(await bare.json()).not.toHaveProperty('label');
    const unknown = await fetch(`${running.url}/api/labels/${nobodys[0]?.predictionId}`);
    expect(await unknown.json()).toMatchObject({ predictionId: nobodys[0]?.predictionId, label: 1 });
  }, 150_000);

  it('are sent by npm run simulate, one for each transaction', async () => {
    const from = Date.now();
    const args = [
      'tools/simulate.ts',
      '--count',
      '60',
      '--fraud-rate',
      '0.5',
      '--labels',
      '--url',
      running.url,
    ];
    const root = resolve(import.meta.dirname, '../../..');
    const { stdout } = await promisify(execFile)(process.execPath, args, { cwd: root });
    const positives = Number(/60 \((\d+) positive\)/.exec(stdout)?.[1]);
    // A share that falls between two numbers is rounded at random, for each of the kinds of fraud.
    expect(Math.abs(positives - 30)).toBeLessThan(10);
    await expect.poll(async () => (await joined(from)).counts.labelled, COLLECTED).toBe(60);
    const { labels } = await joined(from);
    expect(labels.size).toBe(60);
    expect([...labels.values()].filter((label) => label === 1)).toHaveLength(positives);
  }, 90_000);

  it('are found where the reply says, and lie in the hour of their prediction', async () => {
    const predictionId = uuidv7({ msecs: Date.UTC(2026, 2, 1, 10, 30) });
    const response = await post('/api/labels', { labels: [{ predictionId, label: 0 }] });
    expect(response.status).toBe(202);
    const location = response.headers.get('location') ?? '';
    expect(location).toBe(`${running.url}/api/labels/${predictionId}`);
    await expect.poll(async () => (await fetch(location)).status, COLLECTED).toBe(200);
    expect(await (await fetch(location)).json()).toMatchObject({ predictionId, label: 0 });
    const files: string[] = [];
    for await (const path of running.app.labels.list('fraud/2026/03/01/10/')) files.push(path);
    expect(files).toHaveLength(1);
  });

  it.each([
    {
      body: { labels: [{ predictionId: 'x', label: 3 }] },
      status: 400,
      paths: ['/labels/0/predictionId', '/labels/0/label'],
    },
    { body: { labels: Array(1_001).fill({}) }, status: 413, paths: undefined },
    { body: {}, status: 400, paths: ['/labels'] },
  ])('are refused with $status and every offending path: $paths', async ({ body, status, paths }) => {
    const response = await post('/api/labels', body);
    const { errors } = await bodyOf(response);
    expect(response.status).toBe(status);
    expect(response.headers.get('content-type')).toBe('application/problem+json');
    expect((errors as { path: string }[] | undefined)?.map(({ path }) => path)).toEqual(paths);
  });
});
