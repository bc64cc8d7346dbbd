import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { CosmosClient } from '@azure/cosmos';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { z } from 'zod';
import { DATABASE } from '../../../shared/azure/layout.ts';
import { cleanUpPromotions } from '../../../shared/promotion/clean-up.ts';
import { storeDataset } from '../../fixtures/stored-rows.ts';
import { ensureFirstVersion } from '../../../tools/first-version.ts';
import { readDefinition } from '../../../tools/model-folders.ts';
import { provision } from '../../../tools/provision.ts';
import {
  type AppStack,
  DEFAULT_MODEL as model,
  fraudRows,
  startAppStack,
  trainSmall,
} from '../../fixtures/app-stack.ts';

const tools = resolve(import.meta.dirname, '../../../tools');
const recoverTool = join(tools, 'recover.ts');
const NOTICED = { timeout: 30_000, interval: 200 };
const trafficSchema = z.object({ champion: z.object({ version: z.string() }), etag: z.string() });

let home: string;
let stack: AppStack;
let promotionId: string;

beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'tollgate-recover-'));
  stack = await startAppStack({ 'AzureWebJobs.promotion-cleanup.Disabled': 'true' }, home);
  const { registry, datasets } = stack.app;
  const bytes = await fraudRows();
  await storeDataset(registry, datasets, { model, bytes, rows: 3_000, source: 'test', at: new Date() });
  await trainSmall(stack.app, await readDefinition(model), bytes, 2);
}, 180_000);
afterAll(async () => {
  await stack.stop();
  await rm(home, { recursive: true, force: true });
});

async function get(path: string): Promise<{ status: number; body: unknown }> {
  const response = await fetch(new URL(`/api/models/${model}${path}`, stack.url));
  return { status: response.status, body: await response.json() };
}

async function post(path: string, body: unknown): Promise<{ status: number; body: unknown }> {
  const response = await fetch(new URL(`/api/models/${model}${path}`, stack.url), {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  return { status: response.status, body: await response.json() };
}

/** All that the API says of the model, but for ETags. */
async function account(): Promise<unknown> {
  const traffic = await get('/traffic');
  const { etag: _etag, ...shown } = trafficSchema.loose().parse(traffic.body);
  const rest = await Promise.all(
    ['', '/versions', '/datasets', '/promotions', `/promotions/${promotionId}`].map(get),
  );
  return [shown, ...rest];
}

async function loseCosmos(): Promise<void> {
  const { cosmos, storage } = stack.stack.endpoints;
  const client = new CosmosClient({
    connectionString: cosmos,
    connectionPolicy: { enableEndpointDiscovery: false },
  });
  await client.database(DATABASE).delete();
  client.dispose();
  await provision({ cosmos, storage });
}

const resultSchema = z.looseObject({ agrees: z.boolean(), differences: z.array(z.unknown()) });

/** Runs the command as npm does. */
async function command(...args: string[]): Promise<{ code: unknown; stdout: string; stderr: string }> {
  return runTool(recoverTool, args);
}

async function runTool(
  path: string,
  args: readonly string[],
  settings: Record<string, string> = { TOLLGATE_HOME: home },
): Promise<{ code: unknown; stdout: string; stderr: string }> {
  return new Promise((done) => {
    const env = { PATH: process.env['PATH'], ...settings };
    execFile(process.execPath, [path, ...args], { env }, (error, stdout, stderr) =>
      done({ code: error === null ? 0 : error.code, stdout, stderr }),
    );
  });
}

async function recovered(
  ...args: string[]
): Promise<{ code: unknown; result: z.infer<typeof resultSchema> }> {
  const { code, stdout } = await command(...args);
  return { code, result: resultSchema.parse(JSON.parse(stdout.trimEnd().split('\n').at(-1) ?? '')) };
}

async function scored(): Promise<number> {
  return (
    await post('/score', {
      transaction: {
        transaction_ts: '2026-03-02T03:14:00Z',
        customer_id: 'C42',
        amount: 912.5,
        currency: 'CAD',
        merchant_category: 'electronics',
      },
    })
  ).status;
}

describe('all of Cosmos DB, lost while the models lie in Blob', () => {
  it(
    'is rebuilt by one command: the same champion serves with the same traffic',
    { timeout: 180_000 },
    async () => {
      const plan = {
        shadow: null,
        steps: [
          { percent: 50, bake: '1h' },
          { percent: 100, bake: '1h' },
        ],
        checkEvery: '1h',
      };
      const started = await post('/promotions', { version: '2', plan });
      promotionId = z.object({ promotionId: z.string() }).parse(started.body).promotionId;
      await vi.waitFor(async () => {
        expect((await get('/traffic')).body).toMatchObject({ canary: { version: '2', percent: 50 } });
      }, NOTICED);
      expect(await recovered('--check')).toMatchObject({
        code: 0,
        result: { agrees: true, differences: [] },
      });
      const before = await account();

      await loseCosmos();
      expect((await get('/versions')).status).toBe(404);
      // What the next start would do must not take the model for a new one.
      await ensureFirstVersion(stack.app, model);
      await expect(trainSmall(stack.app, await readDefinition(model), await fraudRows(), 3)).rejects.toThrow(
        /npm run recover/,
      );
      expect(await recovered('--check')).toMatchObject({ code: 1, result: { agrees: false } });

      expect(await recovered('--rebuild-registry')).toMatchObject({ code: 0, result: { agrees: true } });

      expect(await account()).toEqual(before);
      await vi.waitFor(async () => expect(await scored()).toBe(200), NOTICED);
      expect(await recovered('--rebuild-registry')).toMatchObject({
        code: 0,
        result: { agrees: true, differences: [] },
      });
      expect(await account()).toEqual(before);
    },
  );

  it('leaves a promotion whose orchestration is gone to the clean-up', { timeout: 60_000 }, async () => {
    const { promotions } = stack.app;
    const later = { ...promotions, time: () => Date.now() + 24 * 3_600_000 };
    const gone = { start: () => Promise.reject(new Error('started')), wake: () => Promise.resolve() };
    await cleanUpPromotions(later, { ...gone, status: () => Promise.resolve('missing' as const) });
    expect((await get(`/promotions/${promotionId}`)).body).toMatchObject({ phase: 'aborted' });
    expect((await get('/traffic')).body).toMatchObject({
      champion: { version: '1' },
      canary: null,
      shadow: null,
    });
    await loseCosmos();
    expect(await recovered('--rebuild-registry')).toMatchObject({ code: 0, result: { agrees: true } });
    expect((await get(`/promotions/${promotionId}`)).body).toMatchObject({ phase: 'aborted' });
    expect((await get('/traffic')).body).toMatchObject({ champion: { version: '1' }, canary: null });
  });

  it('is not rebuilt from files that have changed', { timeout: 60_000 }, async () => {
    const path = `${model}/1/model.onnx`;
    const bytes = await stack.app.models.read(path);
    await stack.app.models.write(path, Buffer.from(bytes ?? []).fill(0, 40, 41));
    await loseCosmos();
    const found = await command('--rebuild-registry');
    expect(found.code).toBe(1);
    expect(found.stderr).toContain(`models/${path} has SHA-256`);
    expect((await get('/traffic')).status).toBe(404);
    await stack.app.models.write(path, bytes ?? Buffer.of());
    expect(await recovered('--rebuild-registry')).toMatchObject({ code: 0, result: { agrees: true } });
    expect((await get('/traffic')).status).toBe(200);
  });

  it('is found by the names that the app has for its services', { timeout: 60_000 }, async () => {
    const { storage, cosmos, eventHubs = '' } = stack.stack.endpoints;
    const named = { STORAGE_CONNECTION: storage, COSMOS_CONNECTION: cosmos, EVENTHUBS_CONNECTION: eventHubs };
    const elsewhere = { ...named, TOLLGATE_HOME: join(home, 'no-stack') };
    const found = await runTool(recoverTool, ['--check'], elsewhere);
    expect(found).toMatchObject({ code: 0, stdout: expect.stringContaining('"agrees":true') });
    const half = await runTool(recoverTool, ['--check'], { STORAGE_CONNECTION: storage });
    expect(half).toMatchObject({ code: 1, stderr: expect.stringContaining('COSMOS_CONNECTION is missing') });
  });

  it('is told apart from wrong usage', async () => {
    expect(await command()).toMatchObject({ code: 2, stdout: '' });
    expect(await command('--check', '--force')).toMatchObject({ code: 2 });
  });
});

describe('the governance report of what was recovered', () => {
  it(
    'names versions, promotions and data by their hashes, as a page and as JSON',
    { timeout: 60_000 },
    async () => {
      const out = join(home, 'reports');
      const found = await runTool(join(tools, 'governance.ts'), ['--model', model, '--out', out]);
      expect(found).toMatchObject({ code: 0 });
      expect(JSON.parse(found.stdout)).toMatchObject({ model, versions: 2, promotions: 1 });
      const report: unknown = JSON.parse(await readFile(join(out, `governance-${model}.json`), 'utf8'));
      const [second, first] = (await stack.app.catalogue.versions(model, 10)).items;
      expect(report).toMatchObject({
        promotions: [{ promotionId, phase: 'aborted' }],
        versions: [{ files: second?.files }, { files: first?.files, state: 'champion' }],
        datasets: [{ version: '1', source: 'test' }],
      });
      const html = await readFile(join(out, `governance-${model}.html`), 'utf8');
      for (const said of [promotionId, first?.files[0]?.sha256 ?? 'no file']) expect(html).toContain(said);
      const none = await runTool(join(tools, 'governance.ts'), ['--model', 'nothing', '--out', out]);
      expect(none).toMatchObject({ code: 1, stdout: '' });
      const wrong = await runTool(join(tools, 'governance.ts'), ['--model', model, '--from', 'yesterday']);
      expect(wrong).toMatchObject({ code: 2, stdout: '' });
    },
  );
});
