import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BlobServiceClient } from '@azure/storage-blob';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startServices } from '../../../local/supervisor.ts';
import { HOUR_MS } from '../../../shared/events/log-layout.ts';
import { newCounts, readRange } from '../../../shared/events/log-reader.ts';
import { MINUTE_MS } from '../../../shared/rollups/minute-row.ts';
import { readMinutes, sumByVersion } from '../../../shared/rollups/read.ts';
import { HttpSender } from '../../../tools/http-sender.ts';
import { loadGenerator } from '../../../tools/row-generator.ts';
import { generatedRows } from '../../../tools/simulated-rows.ts';
import { type AppStack, DEFAULT_MODEL, startAppStack } from '../../fixtures/app-stack.ts';

const COUNTED = { timeout: 60_000, interval: 200 };
const REQUESTS = 500;

let home: string;
let running: AppStack;
const began = Date.now();
beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'tollgate-rollups-'));
  running = await startAppStack({}, home);
}, 120_000);
afterAll(async () => {
  await running.stop();
  await rm(home, { recursive: true, force: true });
});

/** Scores transactions over a few connections, and calls back after each. */
async function score(after: (sent: number) => void): Promise<void> {
  const generator = await loadGenerator(DEFAULT_MODEL);
  if (generator === undefined) throw new Error('The model has no generator');
  const rows = generatedRows(generator, 'is_fraud', { seed: 21 }, 5_000, Date.now());
  const sender = new HttpSender(new URL('/api/score', running.url), 4);
  let sent = 0;
  const connection = async () => {
    while ((sent += 1) <= REQUESTS) {
      const answer = await sender.post(JSON.stringify({ transaction: rows.next().value }));
      expect(answer).toMatchObject({ status: 200 });
      after(sent);
    }
  };
  await Promise.all([connection(), connection(), connection(), connection()]);
  sender.close();
}

async function sums() {
  const rows = await readMinutes(running.app.rollups, {
    model: DEFAULT_MODEL,
    from: began - MINUTE_MS,
    to: Date.now() + MINUTE_MS,
  });
  return sumByVersion(rows);
}

const total = (counts: Readonly<Record<string, number>> | undefined) =>
  Object.values(counts ?? {}).reduce((sum, count) => sum + count, 0);

const counted = async () => {
  const [first] = await sums();
  // What a busy hub has acknowledged too late is sent again, and is evidence of nothing.
  const replayed = first?.sums.counts.replayed ?? 0;
  return { requests: total(first?.sums.counts), decisions: total(first?.sums.decisions) + replayed };
};

/** Makes the trigger of a stopped host forget how far it is, so that it begins anew. */
async function forgetCheckpoints(): Promise<void> {
  const services = await startServices({ home, log: () => undefined });
  const service = BlobServiceClient.fromConnectionString(services.endpoints.storage);
  const container = service.getContainerClient('azure-webjobs-eventhub');
  let forgotten = 0;
  for await (const { name } of container.listBlobsFlat()) {
    if (!name.includes('/checkpoint/')) continue;
    await container.deleteBlob(name);
    forgotten += 1;
  }
  await services.stop();
  expect(forgotten).toBeGreaterThan(0);
}

/** How many predictions are in the log, and how many lines of it are there again. */
async function logged(): Promise<{ predictions: number; duplicates: number }> {
  const counts = newCounts();
  let predictions = 0;
  const lines = readRange(running.app.predictions, DEFAULT_MODEL, began, Date.now() + HOUR_MS, counts);
  for await (const line of lines) {
    void line;
    predictions += 1;
  }
  return { predictions, duplicates: counts.duplicates };
}

function kill(service: 'cosmos' | 'storage'): void {
  const pid = running.stack.endpoints.processes[service];
  if (pid === undefined) throw new Error(`${service} does not run`);
  process.kill(pid, 'SIGKILL');
}

describe('minute rows', () => {
  it('count each scored transaction once, though services die', async () => {
    await score((sent) => {
      if (sent === 150) kill('cosmos');
      if (sent === 300) kill('storage');
    });
    await expect.poll(counted, COUNTED).toEqual({ requests: REQUESTS, decisions: REQUESTS });
    expect(await sums()).toMatchObject([
      { version: '1', variant: 'champion', sums: { counts: { pinned: 0 } } },
    ]);
  }, 120_000);

  it('count nothing again when the trigger delivers everything again after a restart', async () => {
    // What is counted is not yet in the log, and the storage may still be on its way back.
    await expect.poll(logged, COUNTED).toMatchObject({ predictions: REQUESTS });
    const before = (await logged()).duplicates;
    await running.stop();
    await forgetCheckpoints();
    running = await startAppStack({}, home);
    const again = async () => (await logged()).duplicates;
    await expect.poll(again, COUNTED).toBeGreaterThanOrEqual(before + REQUESTS);
    expect(await counted()).toEqual({ requests: REQUESTS, decisions: REQUESTS });
  }, 120_000);
});
