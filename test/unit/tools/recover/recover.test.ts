import { buffer } from 'node:stream/consumers';
import { beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { ReportStore } from '../../../../shared/drift/report-store.ts';
import { driftReportSchema } from '../../../../shared/drift/report.ts';
import { cleanUpPromotions } from '../../../../shared/promotion/clean-up.ts';
import { recover, type Recovery } from '../../../../tools/recover/recover.ts';
import type { Container, RecoverStores } from '../../../../tools/recover/stores.ts';
import { MemoryRegistry } from '../../../fixtures/memory-registry.ts';
import { storeDataset } from '../../../fixtures/stored-rows.ts';
import { MODEL, PLAN, PromotionWorld } from '../../../fixtures/promotion-world.ts';

function containerOf({ blobs, files }: MemoryRegistry): Container {
  return {
    blobs,
    pieces: {
      async *listSizes(prefix) {
        const paths = [...files.keys()].filter((path) => path.startsWith(prefix)).toSorted();
        for (const path of paths) yield await Promise.resolve({ path, bytes: files.get(path)?.length ?? 0 });
      },
      async *read(path) {
        const bytes = await blobs.read(path);
        if (bytes !== undefined) yield bytes;
      },
    },
  };
}

const REPORT = driftReportSchema.parse({
  id: 'v1-20260302T000000000Z-20260303T000000000Z',
  model: MODEL,
  version: '1',
  window: { from: '2026-03-02T00:00:00.000Z', to: '2026-03-03T00:00:00.000Z' },
  rows: 9,
  policy: 'tollgate',
  drifted: false,
  alarm: false,
  columns: [],
});

let world: PromotionWorld;
let stores: RecoverStores;
let others: Record<'datasets' | 'reports', MemoryRegistry>;
/** Calls that change something. */
let writes: string[];

beforeEach(async () => {
  world = await PromotionWorld.create();
  const models = containerOf(world.memory);
  others = { datasets: new MemoryRegistry(), reports: new MemoryRegistry() };
  const [datasets, reports] = [containerOf(others.datasets), containerOf(others.reports)];
  stores = { documents: world.memory.documents, containers: { models, datasets, reports } };
  writes = [];
  world.memory.before = (call, id) => {
    if (call === 'create' || call === 'replace' || call === 'write') writes.push(`${call} ${id}`);
  };
});

/** What the documents say, without what Cosmos adds. */
function documents(): Record<string, unknown> {
  return Object.fromEntries(
    [...world.memory.rows]
      .map(([key, { value }]) => [key, value] as const)
      .toSorted(([a], [b]) => (a < b ? -1 : 1)),
  );
}

function rebuild(force = false): Promise<Recovery> {
  return recover(stores, { rebuild: true, force });
}

function changeBlob(path: string, change: (value: Record<string, unknown>) => object): void {
  const before: unknown = JSON.parse(Buffer.from(world.memory.files.get(path) ?? []).toString());
  const after = change(z.record(z.string(), z.unknown()).parse(before));
  world.memory.files.set(path, Buffer.from(JSON.stringify(after)));
}

/** A promotion that has come to its canary. */
async function underWay(): Promise<string> {
  const id = await world.start();
  while (world.traffic().canary === null) {
    await world.minute();
    await world.check(id);
  }
  expect(world.traffic().canary).toMatchObject({ version: '2', percent: 50 });
  return id;
}

/** The whole promotion, up to the end of its watch. */
async function completed(): Promise<string> {
  const id = await world.start();
  for (let minute = 0; minute < 40 && world.traffic().claim !== null; minute += 1) {
    await world.minute();
    await world.check(id);
  }
  expect(world.traffic()).toMatchObject({ champion: { version: '2' }, claim: null });
  return id;
}

describe('a registry that Cosmos has lost', () => {
  it('comes back to the letter: versions, promotions with their pages, traffic', async () => {
    await completed();
    // So many looks that a page is full.
    const long = await world.start('3', { ...PLAN, shadow: { bake: '1h' }, extendAtMost: '0s' });
    for (let look = 0; look < 52; look += 1) {
      await world.minute();
      await world.check(long);
    }
    const before = documents();
    expect(before).toHaveProperty([`${MODEL}/promotion:${long}:0`]);
    expect(before[`${MODEL}/version:1`]).toMatchObject({ state: 'retired' });
    world.memory.rows.clear();

    const found = await rebuild();

    expect(found).toMatchObject({ agrees: true, models: [MODEL], problems: [], filesVerified: 3 });
    expect(documents()).toEqual(before);
    expect(before).toHaveProperty([`${MODEL}/registration:run-3`]);
  });

  it('is left as it is by a second run', async () => {
    await completed();
    world.memory.rows.clear();
    await rebuild();
    writes = [];
    expect(await rebuild()).toMatchObject({ agrees: true, differences: [] });
    expect(writes).toEqual([]);
  });

  it('is only looked at by a check, which says what is missing', async () => {
    world.memory.rows.clear();
    writes = [];
    const found = await recover(stores, { rebuild: false, force: false });
    expect(found.agrees).toBe(false);
    expect(found.differences).toContainEqual({
      model: MODEL,
      record: 'traffic',
      standing: 'lost',
      outcome: 'not written',
    });
    expect(writes).toEqual([]);
  });

  it('gets its data sets and the list of its drift reports back, each from its own container', async () => {
    const { blobs } = others.datasets;
    const large = async (path: string, pieces: AsyncIterable<Uint8Array>) =>
      blobs.create(path, await buffer(pieces));
    const rows = {
      model: MODEL,
      bytes: Buffer.from('a,b\n1,2\n'),
      rows: 1,
      source: 'test',
      at: new Date(world.now),
    };
    await storeDataset(world.registry, { ...blobs, createFrom: large }, rows);
    const drift = new ReportStore(world.memory.documents, others.reports.blobs);
    await drift.add(REPORT, '<p>page</p>');
    const before = documents();
    world.memory.rows.clear();
    expect(await rebuild()).toMatchObject({ agrees: true, filesVerified: 4, notes: [] });
    expect(documents()).toEqual(before);
    expect((await drift.list(MODEL, 10)).map(({ id }) => id)).toEqual([REPORT.id]);
    others.datasets.files.set(`${MODEL}/1/rows.csv`, Buffer.from('a,b\n1,3\n'));
    others.reports.files.clear();
    expect(await rebuild()).toMatchObject({
      agrees: false,
      problems: [expect.stringContaining(`datasets/${MODEL}/1/rows.csv has SHA-256`)],
      notes: [expect.stringContaining('was deleted')],
    });
  });

  it('gets its traffic after the versions that it names', async () => {
    await completed();
    world.memory.rows.clear();
    writes = [];
    await rebuild();
    expect(writes.at(-1)).toBe('create traffic');
  });
});

describe('a registry beside copies of another age', () => {
  it('takes the later of the two, whichever that is', async () => {
    const id = await underWay();
    const [row, copy] = [world.traffic(), Buffer.from(world.memory.files.get(`${MODEL}/traffic.json`) ?? [])];
    const older = { ...row, epoch: row.epoch - 1, canary: null };
    await world.memory.documents.replace(
      MODEL,
      'traffic',
      older,
      world.memory.rows.get(`${MODEL}/traffic`)?.etag ?? '',
    );
    changeBlob(`${MODEL}/promotions/${id}.json`, (value) => ({ ...value, revision: 1, evaluations: [] }));
    const record = world.record(id);

    const found = await rebuild();

    expect(found.differences.map(({ record: what, standing, outcome }) => [what, standing, outcome])).toEqual(
      [
        [`promotion:${id}`, 'ahead', 'copy written'],
        ['traffic', 'behind', 'document written'],
      ],
    );
    expect(world.traffic()).toEqual(row);
    expect(Buffer.from(world.memory.files.get(`${MODEL}/traffic.json`) ?? [])).toEqual(copy);
    expect(world.record(id)).toEqual(record);
    expect(await rebuild()).toMatchObject({ agrees: true, differences: [] });
  });

  it('is overwritten with something older only by force', async () => {
    await underWay();
    changeBlob(`${MODEL}/traffic.json`, (value) => ({
      ...value,
      epoch: 1,
      canary: null,
      shadow: null,
      claim: null,
    }));
    const copy = world.memory.files.get(`${MODEL}/traffic.json`);
    expect(await rebuild(true)).toMatchObject({ agrees: true });
    expect(world.traffic()).toMatchObject({ epoch: 1, canary: null, claim: null });
    expect(world.memory.files.get(`${MODEL}/traffic.json`)).toBe(copy);
  });

  it('is a problem where the two differ and neither is later', async () => {
    changeBlob(`${MODEL}/versions/2.json`, (value) => ({ ...value, seed: 99 }));
    const before = documents();
    const found = await rebuild();
    expect(found).toMatchObject({
      agrees: false,
      differences: [
        { record: 'version:2', standing: 'different', outcome: 'left as it is' },
        { record: 'registration:run-2', standing: 'different', outcome: 'left as it is' },
      ],
    });
    expect(documents()).toMatchObject(before);
    expect(await rebuild(true)).toMatchObject({ agrees: true });
    expect(await world.registry.version(MODEL, '2')).toMatchObject({ seed: 99 });
  });

  it('gives rows without a copy one', async () => {
    world.memory.files.delete(`${MODEL}/versions/1.json`);
    expect((await rebuild()).differences).toEqual([
      { model: MODEL, record: 'version:1', standing: 'uncopied', outcome: 'copy written' },
    ]);
    world.memory.rows.delete(`${MODEL}/version:1`);
    expect(await rebuild()).toMatchObject({ agrees: true });
    expect(await world.stateOf('1')).toBe('registered');
  });

  it('says which copy cannot be read, and goes on', async () => {
    world.memory.files.set(`${MODEL}/versions/2.json`, Buffer.from('{'));
    world.memory.files.set(`${MODEL}/versions/9.json`, world.memory.files.get(`${MODEL}/versions/3.json`)!);
    world.memory.rows.clear();
    const found = await rebuild();
    expect(found.agrees).toBe(false);
    expect(found.problems).toEqual([
      expect.stringContaining(`models/${MODEL}/versions/2.json cannot be read`),
      `models/${MODEL}/versions/9.json is the copy of ${MODEL}/versions/3.json`,
    ]);
    expect(world.traffic().champion).toEqual({ version: '1' });
  });
});

describe('files that are not what was registered', () => {
  it('keep their version out, and the traffic where it is the champion', async () => {
    world.memory.files.set(`${MODEL}/1/model.onnx`, Buffer.from('a mODel'));
    world.memory.files.delete(`${MODEL}/3/model.onnx`);
    world.memory.rows.clear();
    const found = await rebuild();
    expect(found).toMatchObject({ agrees: false, filesVerified: 1 });
    expect(found.problems).toEqual([
      expect.stringContaining(`models/${MODEL}/1/model.onnx has SHA-256 `),
      `models/${MODEL}/3/model.onnx is missing`,
      `${MODEL}/version:1 cannot be put back without its files`,
      `${MODEL}/version:3 cannot be put back without its files`,
      `The traffic of '${MODEL}' cannot be put back without its champion, version 1`,
    ]);
    expect(await world.registry.version(MODEL, '1')).toBeUndefined();
    expect(await world.registry.version(MODEL, '2')).toBeDefined();
    expect(await world.registry.traffic(MODEL)).toBeUndefined();
  });

  it('are told of where the registry is there, too', async () => {
    world.memory.files.set(`${MODEL}/2/model.onnx`, Buffer.from('short'));
    expect(await recover(stores, { rebuild: false, force: false })).toMatchObject({
      agrees: false,
      problems: [`models/${MODEL}/2/model.onnx has 5 bytes, the registry says 7`],
    });
  });

  it('of a registration that was cut off are no version', async () => {
    world.memory.files.set(`${MODEL}/4/contract.json`, Buffer.from('{}'));
    world.memory.rows.clear();
    const found = await rebuild();
    expect(found.agrees).toBe(true);
    expect(found.notes).toEqual([
      `models/${MODEL}/4 is no version: its registration was cut off`,
      ...['1', '2', '3'].map(
        (version) => `Data set version 1 of '${MODEL}', which version ${version} was made of, is not here`,
      ),
    ]);
    expect(await world.registry.version(MODEL, '4')).toBeUndefined();
  });
});

describe('a promotion that was under way', () => {
  it('goes on where its orchestration has survived, with the same traffic', async () => {
    const id = await underWay();
    const traffic = world.traffic();
    world.memory.rows.clear();
    await rebuild();
    expect(world.traffic()).toEqual(traffic);
    for (let minute = 0; minute < 40 && world.traffic().claim !== null; minute += 1) {
      await world.minute();
      await world.check(id);
    }
    expect(world.record(id).state.situation.phase).toBe('promoted');
  });

  it('is ended by the clean-up where its orchestration is gone: all traffic is with the champion', async () => {
    const id = await underWay();
    world.memory.rows.clear();
    // A check that found nothing has ended the orchestration.
    expect(await world.check(id)).toMatchObject({ done: true, status: null });
    world.instances.set(id, 'ended');
    await rebuild();
    world.now = Date.parse(world.traffic().claim?.validUntil ?? '');
    await cleanUpPromotions(world.parts, world.orchestrations);
    expect(world.traffic()).toMatchObject({
      champion: { version: '1' },
      canary: null,
      shadow: null,
      claim: null,
    });
    expect(world.record(id).state.situation).toMatchObject({
      phase: 'aborted',
      reason: 'its orchestration has ended',
    });
    expect(await rebuild()).toMatchObject({ agrees: true, differences: [] });
  });
});
