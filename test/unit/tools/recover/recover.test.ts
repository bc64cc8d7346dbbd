import { beforeEach, describe, expect, it } from 'vitest';
import { ReportStore } from '../../../../shared/drift/report-store.ts';
import { driftReportSchema } from '../../../../shared/drift/report.ts';
import { cleanUpPromotions } from '../../../../shared/promotion/clean-up.ts';
import { MODEL, PLAN, type PromotionWorld } from '../../../fixtures/promotion-world.ts';
import { RecoverWorld, underWay } from '../../../fixtures/recover-world.ts';
import { storeDataset, withLarge } from '../../../fixtures/stored-rows.ts';
import { untilOver } from '../../../fixtures/until-phase.ts';

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

let recovery: RecoverWorld;
let world: PromotionWorld;
beforeEach(async () => {
  recovery = await RecoverWorld.create();
  ({ world } = recovery);
});

/** The whole promotion, up to the end of its watch. */
async function completed(): Promise<void> {
  await untilOver(world, await world.start());
  expect(world.traffic()).toMatchObject({ champion: { version: '2' }, claim: null });
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
    const before = recovery.documents();
    expect(before).toHaveProperty([`${MODEL}/promotion:${long}:0`]);
    expect(before[`${MODEL}/version:1`]).toMatchObject({ state: 'retired' });
    world.memory.rows.clear();

    const found = await recovery.rebuild();

    expect(found).toMatchObject({ agrees: true, models: [MODEL], problems: [], filesVerified: 3 });
    expect(recovery.documents()).toEqual(before);
    expect(before).toHaveProperty([`${MODEL}/registration:run-3`]);
  });

  it('is left as it is by a second run', async () => {
    await completed();
    world.memory.rows.clear();
    await recovery.rebuild();
    recovery.writes = [];
    expect(await recovery.rebuild()).toMatchObject({ agrees: true, differences: [] });
    expect(recovery.writes).toEqual([]);
  });

  it('is only looked at by a check, which says what is missing', async () => {
    world.memory.rows.clear();
    recovery.writes = [];
    const found = await recovery.check();
    expect(found.agrees).toBe(false);
    expect(found.differences).toContainEqual({
      model: MODEL,
      record: 'traffic',
      standing: 'lost',
      outcome: 'not written',
    });
    expect(recovery.writes).toEqual([]);
  });

  it('gets its data sets and the list of its drift reports back, each from its own container', async () => {
    const rows = {
      model: MODEL,
      bytes: Buffer.from('a,b\n1,2\n'),
      rows: 1,
      source: 'test',
      at: new Date(world.now),
    };
    await storeDataset(world.registry, withLarge(recovery.datasets.blobs), rows);
    const drift = new ReportStore(world.memory.documents, recovery.reports.blobs);
    await drift.add(REPORT, '<p>page</p>');
    const before = recovery.documents();
    world.memory.rows.clear();
    expect(await recovery.rebuild()).toMatchObject({ agrees: true, filesVerified: 4, notes: [] });
    expect(recovery.documents()).toEqual(before);
    expect((await drift.list(MODEL, 10)).map(({ id }) => id)).toEqual([REPORT.id]);
    recovery.datasets.files.set(`${MODEL}/1/rows.csv`, Buffer.from('a,b\n1,3\n'));
    recovery.reports.files.clear();
    expect(await recovery.rebuild()).toMatchObject({
      agrees: false,
      problems: [expect.stringContaining(`datasets/${MODEL}/1/rows.csv has SHA-256`)],
      notes: [expect.stringContaining('was deleted')],
    });
  });

  it('gets its traffic after the versions that it names', async () => {
    await completed();
    world.memory.rows.clear();
    recovery.writes = [];
    await recovery.rebuild();
    expect(recovery.writes.at(-1)).toBe('create traffic');
  });
});

describe('a promotion that was under way', () => {
  it('goes on where its orchestration has survived, with the same traffic', async () => {
    const id = await underWay(world);
    const traffic = world.traffic();
    world.memory.rows.clear();
    await recovery.rebuild();
    expect(world.traffic()).toEqual(traffic);
    await untilOver(world, id);
    expect(world.record(id).state.situation.phase).toBe('promoted');
  });

  it('is ended by the clean-up where its orchestration is gone: all traffic is with the champion', async () => {
    const id = await underWay(world);
    world.memory.rows.clear();
    // A check that found nothing has ended the orchestration.
    expect(await world.check(id)).toMatchObject({ done: true, status: null });
    world.instances.set(id, 'ended');
    await recovery.rebuild();
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
    expect(await recovery.rebuild()).toMatchObject({ agrees: true, differences: [] });
  });
});
