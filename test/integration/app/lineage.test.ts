import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { App } from '../../../shared/app.ts';
import { ingestRunId } from '../../../shared/lineage/events.ts';
import { lineageGraphSchema } from '../../../shared/lineage/graph.ts';
import { train } from '../../../tools/train.ts';
import { verify } from '../../../tools/verify.ts';
import { type AppStack, fraudRows, startAppStack } from '../../fixtures/app-stack.ts';

const model = 'fraud';
const fit = {
  model,
  seed: 4,
  register: true,
  learner: 'gradient_boosting',
  params: { trees: 8, leaves: 4 },
} as const;

let home: string;
let stack: AppStack;
let file: string;
/** The ids that runs were given, in their order. */
const ids: string[] = [];
let app: App;

beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'tollgate-lineage-'));
  stack = await startAppStack({}, home);
  file = join(home, 'rows.csv');
  await writeFile(file, await fraudRows());
  const newId = () => {
    const id = stack.app.newId();
    ids.push(id);
    return id;
  };
  app = { ...stack.app, newId };
});
afterAll(async () => {
  await stack.stop();
  await rm(home, { recursive: true, force: true });
});

async function get(path: string): Promise<{ status: number; body: unknown }> {
  const response = await fetch(`${stack.url}/api/models/${path}`);
  return { status: response.status, body: await response.json() };
}

describe('the lineage of a version', () => {
  it('leads from the data set over the run to the version, and the version is reproduced', async () => {
    const { version = '' } = await train(app, { ...fit, file });
    const [runId = ''] = ids.splice(0);
    const row = await app.registry.version(model, version);
    const stored = await app.registry.dataset(model, row?.datasetVersion ?? '');
    if (stored === undefined) throw new Error('There is no data set version');
    const { status, body } = await get(`${model}/versions/${version}/lineage`);
    expect(status).toBe(200);
    const { nodes, edges } = lineageGraphSchema.parse(body);
    const dataset = `dataset:${row?.datasetVersion}`;
    expect(edges).toEqual([
      { from: dataset, to: `run:${runId}` },
      { from: `run:${runId}`, to: `version:${version}` },
    ]);
    expect(nodes).toMatchObject([
      { id: dataset, type: 'dataset', rows: 3_000 },
      { type: 'run', ended: 'COMPLETE', seed: 4 },
      { type: 'version', state: 'registered' },
    ]);
    for (const id of [runId, ingestRunId(stored)]) {
      const events = await app.lineage.eventsOf(model, id);
      expect(events.map(({ eventType }) => eventType)).toEqual(['START', 'COMPLETE']);
    }
    expect(await verify(app, { model, version, refit: true })).toMatchObject({
      verified: true,
      problems: [],
      refit: { sameModel: true },
    });
  });

  it('keeps a run that failed, and why', async () => {
    const split = { by: 'column', column: 'nowhere' } as const;
    await expect(train(app, { ...fit, file, split })).rejects.toThrow("no column 'nowhere'");
    const [runId = ''] = ids.splice(0);
    const events = await app.lineage.eventsOf(model, runId);
    expect(events.map(({ eventType }) => eventType)).toEqual(['START', 'FAIL']);
    expect(events[1]?.run.facets?.['errorMessage']).toMatchObject({
      message: expect.stringContaining("no column 'nowhere'"),
    });
  });

  it('is not found of what is not there', async () => {
    expect(await get(`${model}/versions/99/lineage`)).toMatchObject({ status: 404 });
    expect(await get('nobody/versions/1/lineage')).toMatchObject({ status: 404 });
  });
});
