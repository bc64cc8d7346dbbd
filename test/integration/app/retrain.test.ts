import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { modelDefinitionSchema } from '../../../shared/features/definition.ts';
import { isOver } from '../../../shared/promotion/state.ts';
import { runViewSchema } from '../../../shared/training/run-record.ts';
import { retrainStartedSchema } from '../../../shared/training/runs.ts';
import { ingest } from '../../../tools/ingest.ts';
import { readDefinition } from '../../../tools/model-folders.ts';
import { type AppStack, fraudRows, startAppStack, trainSmall } from '../../fixtures/app-stack.ts';

let home: string;
let stack: AppStack;

beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'tollgate-retrain-'));
  stack = await startAppStack({}, home);
  const file = join(home, 'rows.csv');
  await writeFile(file, await fraudRows());
  // The version that serves was made of these rows.
  await ingest(stack.app, 'fraud', { file }, () => undefined);
});
afterAll(async () => {
  await stack.stop();
  await rm(home, { recursive: true, force: true });
});

function post(model: string, body: unknown): Promise<Response> {
  const headers = { 'content-type': 'application/json' };
  return fetch(`${stack.url}/api/models/${model}/retrain`, {
    method: 'POST',
    headers,
    body: JSON.stringify(body),
  });
}

describe('a retrain', () => {
  it('makes a version out of a search, and shows each of its trials', { timeout: 120_000 }, async () => {
    const answer = await post('fraud', { reason: 'new data' });
    expect(answer.status).toBe(202);
    const { runId, statusUrl } = retrainStartedSchema.parse(await answer.json());
    expect(answer.headers.get('location')).toBe(statusUrl);
    expect((await post('fraud', { reason: 'again' })).status).toBe(409);
    const run = await ended(statusUrl);
    expect(['registered', 'rejected'], run.error).toContain(run.status);
    expect(run).toMatchObject({ runId, reason: 'new data', step: 'done', version: '2' });
    expect(run.trials.length).toBeGreaterThan(9);
    for (const trial of run.trials) expect(trial.metrics['averagePrecision']).toBeGreaterThan(0);
    const version = await stack.app.registry.version('fraud', '2');
    expect(version).toMatchObject({ createdBy: { run: runId }, state: run.status, datasetVersion: '1' });
    if (run.status === 'registered') expect(run.promotionId ?? run.error).toBeDefined();
    const list = await fetch(`${stack.url}/api/models/fraud/runs`);
    expect(await list.json()).toMatchObject({ items: [{ runId }] });
  });

  it('hands a version that passes its gates over to a promotion', { timeout: 60_000 }, async () => {
    const definition = modelDefinitionSchema.parse({
      ...(await readDefinition('fraud')),
      search: { trials: 2, rungs: 1, learners: { logistic_regression: {} } },
      trainingGates: {
        champion: { aucRoc: null, averagePrecision: null },
        calibration: null,
        segmentGap: null,
      },
    });
    await trainSmall(stack.app, definition, await fraudRows(), 1);
    await endPromotions();
    const { statusUrl } = retrainStartedSchema.parse(await (await post('fraud', { reason: 'gates' })).json());
    const run = await ended(statusUrl);
    expect(run.error).toBeUndefined();
    expect(run).toMatchObject({ status: 'registered', version: '4' });
    const promotion = await fetch(`${stack.url}/api/models/fraud/promotions/${run.promotionId}`);
    expect(await promotion.json()).toMatchObject({ version: '4', requestedBy: 'retrain' });
  });

  it('is started by ingest, for rows that are new', { timeout: 60_000 }, async () => {
    const file = join(home, 'more.csv');
    const text = Buffer.from(await fraudRows()).toString('utf8');
    await writeFile(file, text.slice(0, text.lastIndexOf('\n', text.length - 2) + 1));
    const tool = resolve(import.meta.dirname, '../../../tools/ingest.ts');
    const { stdout } = await promisify(execFile)(
      process.execPath,
      [tool, '--model', 'fraud', '--file', file, '--retrain'],
      { env: { ...process.env, TOLLGATE_HOME: home } },
    );
    const { runId, statusUrl } = retrainStartedSchema.parse(JSON.parse(stdout));
    const run = runViewSchema.parse(await (await fetch(statusUrl)).json());
    expect(run).toMatchObject({ runId, reason: 'data set version 2' });
  });

  it('refuses a body without a reason, and a model that does not exist', async () => {
    expect((await post('fraud', {})).status).toBe(400);
    expect((await post('nobody', { reason: 'x' })).status).toBe(404);
    expect((await fetch(`${stack.url}/api/models/fraud/runs/nothing`)).status).toBe(404);
  });
});

/** A model has one promotion at a time. */
async function endPromotions(): Promise<void> {
  const { promotions } = stack.app;
  for (const { promotionId, state } of await promotions.store.list('fraud', 10, undefined)) {
    if (isOver(state)) continue;
    const url = `${stack.url}/api/models/fraud/promotions/${promotionId}`;
    const body = JSON.stringify({ abortedBy: 'a test', reason: 'the next one' });
    await fetch(`${url}/abort`, { method: 'POST', headers: { 'content-type': 'application/json' }, body });
  }
}

async function ended(url: string) {
  return vi.waitFor(
    async () => {
      const run = runViewSchema.parse(await (await fetch(url)).json());
      expect(run.status).not.toBe('running');
      return run;
    },
    { timeout: 100_000, interval: 250 },
  );
}
