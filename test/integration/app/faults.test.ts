import { BlobServiceClient } from '@azure/storage-blob';
import { CosmosClient } from '@azure/cosmos';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sha256 } from '../../../shared/onnx/verify-model.ts';
import {
  type AppStack,
  DEFAULT_MODEL,
  fraudRows,
  startAppStack,
  trainSmall,
} from '../../fixtures/app-stack.ts';
import { bodyOf } from '../../fixtures/http.ts';
import { readDefinition } from '../../../tools/model-folders.ts';

const transaction = {
  transaction_ts: '2026-03-02T03:14:00Z',
  customer_id: 'C42',
  amount: 912.5,
  currency: 'CAD',
  merchant_category: 'electronics',
};
/** A change has to be noticed within 5 s; the rest is for loading the version on a busy machine. */
const NOTICED = { timeout: 10_000, interval: 50 };

let running: AppStack;
beforeAll(async () => {
  running = await startAppStack();
  const definition = await readDefinition(DEFAULT_MODEL);
  const rows = await fraudRows();
  for (const seed of [2, 3, 4]) await trainSmall(running.app, definition, rows, seed);
}, 120_000);
afterAll(async () => {
  await running.stop();
});

function pidOf(service: 'storage' | 'cosmos'): number {
  const pid = running.stack.endpoints.processes[service];
  if (pid === undefined) throw new Error(`${service} does not run`);
  return pid;
}

async function score(
  headers: Record<string, string> = {},
): Promise<{ status: number; version?: string; retryAfter: string | null }> {
  const response = await fetch(`${running.url}/api/score`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify({ transaction }),
  });
  const { version } = await bodyOf(response);
  return { status: response.status, version, retryAfter: response.headers.get('retry-after') };
}

/** Moves all traffic, as an operator with the SDK would. */
async function makeChampion(version: string): Promise<void> {
  const client = new CosmosClient({
    connectionString: running.stack.endpoints.cosmos ?? '',
    connectionPolicy: { enableEndpointDiscovery: false },
  });
  const item = client.database('tollgate').container('registry').item('traffic', DEFAULT_MODEL);
  const { resource } = await item.read();
  await item.replace(
    { ...resource, epoch: resource.epoch + 1, champion: { version } },
    { accessCondition: { type: 'IfMatch', condition: resource._etag } },
  );
  client.dispose();
}

function blob(path: string) {
  const service = BlobServiceClient.fromConnectionString(running.stack.endpoints.storage ?? '');
  return service.getContainerClient('models').getBlockBlobClient(`${DEFAULT_MODEL}/${path}`);
}

/** Sends requests one after the other until told to stop. */
function traffic() {
  const answers: { status: number; version?: string }[] = [];
  let on = true;
  const loop = (async () => {
    while (on) answers.push(await score());
  })();
  const stop = async () => {
    on = false;
    await loop;
    return answers;
  };
  return { answers, stop };
}

describe('while traffic flows', () => {
  it('a changed champion takes over without a request that fails', async () => {
    const { stop } = traffic();
    await makeChampion('2');
    await expect.poll(async () => (await score()).version, NOTICED).toBe('2');
    const answers = await stop();
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
  });

  it('a tampered version is refused, and the last good one keeps serving until it is mended', async () => {
    const original = await blob('3/model.onnx').downloadToBuffer();
    const tampered = Buffer.from(original);
    tampered[tampered.length - 100] = (tampered[tampered.length - 100] ?? 0) ^ 1;
    await blob('3/model.onnx').uploadData(tampered);
    await makeChampion('3');
    await expect
      .poll(() => score({ 'x-tollgate-version': '3' }))
      .toMatchObject({ status: 503, retryAfter: '5' });
    expect(await score()).toMatchObject({ status: 200, version: '2' });
    await blob('3/model.onnx').uploadData(original);
    await expect.poll(async () => (await score()).version, { ...NOTICED, timeout: 15_000 }).toBe('3');
  });

  it('a version that does not reproduce its samples is refused', async () => {
    const { app } = running;
    const row = await app.registry.version(DEFAULT_MODEL, '4');
    if (row === undefined) throw new Error('Version 4 was not registered');
    const samples: { row: object; score: number }[] = JSON.parse(
      (await blob('4/samples.json').downloadToBuffer()).toString(),
    );
    const wrong = Buffer.from(
      JSON.stringify(samples.map((sample) => ({ ...sample, score: sample.score + 1e-3 }))),
    );
    const names = ['model.onnx', 'contract.json', 'evaluation.json'];
    for (const name of names) await blob(`5/${name}`).uploadData(await blob(`4/${name}`).downloadToBuffer());
    await blob('5/samples.json').uploadData(wrong);
    const files = row.files.map((file) =>
      file.name === 'samples.json' ? { ...file, sha256: sha256(wrong), bytes: wrong.length } : file,
    );
    expect(await app.registry.addVersion({ ...row, version: '5', number: 5, files })).toBe(true);
    expect((await score({ 'x-tollgate-version': '5' })).status).toBe(503);
    expect((await score({ 'x-tollgate-version': '4' })).status).toBe(200);
  });

  it.each(['storage', 'cosmos'] as const)(
    '%s is killed and comes back: every request is answered by the same version',
    async (service) => {
      const before = await score();
      const { answers, stop } = traffic();
      const pid = pidOf(service);
      process.kill(pid, 'SIGKILL');
      await expect.poll(() => pidOf(service), { timeout: 20_000 }).not.toBe(pid);
      const seen = answers.length;
      await expect.poll(() => answers.length, { timeout: 20_000 }).toBeGreaterThan(seen + 50);
      const found = new Set((await stop()).map(({ status, version }) => `${status} ${version}`));
      expect(found).toEqual(new Set([`200 ${before.version}`]));
      expect((await fetch(`${running.url}/api/health/ready`)).status).toBe(200);
      const read = async () => (await fetch(`${running.url}/api/models/${DEFAULT_MODEL}/versions/1`)).status;
      await expect.poll(read, NOTICED).toBe(200);
    },
  );

  it('the read routes answer 503 with Retry-After while Cosmos is away, and recover', async () => {
    const pid = pidOf('cosmos');
    process.kill(pid, 'SIGSTOP');
    try {
      const response = await fetch(`${running.url}/api/models`);
      expect(response.status).toBe(503);
      expect(response.headers.get('retry-after')).toBe('1');
      expect((await score()).status).toBe(200);
    } finally {
      process.kill(pid, 'SIGCONT');
    }
    await expect.poll(async () => (await fetch(`${running.url}/api/models`)).status, NOTICED).toBe(200);
  });
});
