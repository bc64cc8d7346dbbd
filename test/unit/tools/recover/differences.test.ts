import { beforeEach, describe, expect, it } from 'vitest';
import { MODEL, type PromotionWorld } from '../../../fixtures/promotion-world.ts';
import { RecoverWorld, underWay } from '../../../fixtures/recover-world.ts';

let recovery: RecoverWorld;
let world: PromotionWorld;
beforeEach(async () => {
  recovery = await RecoverWorld.create();
  ({ world } = recovery);
});

describe('a registry beside copies of another age', () => {
  it('takes the later of the two, whichever that is', async () => {
    const id = await underWay(world);
    const [row, copy] = [world.traffic(), Buffer.from(world.memory.files.get(`${MODEL}/traffic.json`) ?? [])];
    const older = { ...row, epoch: row.epoch - 1, canary: null };
    await world.memory.documents.replace(
      MODEL,
      'traffic',
      older,
      world.memory.rows.get(`${MODEL}/traffic`)?.etag ?? '',
    );
    recovery.changeBlob(`${MODEL}/promotions/${id}.json`, (value) => ({
      ...value,
      revision: 1,
      evaluations: [],
    }));
    const record = world.record(id);

    const found = await recovery.rebuild();

    expect(found.differences.map(({ record: what, standing, outcome }) => [what, standing, outcome])).toEqual(
      [
        [`promotion:${id}`, 'ahead', 'copy written'],
        ['traffic', 'behind', 'document written'],
      ],
    );
    expect(world.traffic()).toEqual(row);
    expect(Buffer.from(world.memory.files.get(`${MODEL}/traffic.json`) ?? [])).toEqual(copy);
    expect(world.record(id)).toEqual(record);
    expect(await recovery.rebuild()).toMatchObject({ agrees: true, differences: [] });
  });

  it('is overwritten with something older only by force', async () => {
    await underWay(world);
    recovery.changeBlob(`${MODEL}/traffic.json`, (value) => ({
      ...value,
      epoch: 1,
      canary: null,
      shadow: null,
      claim: null,
    }));
    const copy = world.memory.files.get(`${MODEL}/traffic.json`);
    expect(await recovery.rebuild(true)).toMatchObject({ agrees: true });
    expect(world.traffic()).toMatchObject({ epoch: 1, canary: null, claim: null });
    expect(world.memory.files.get(`${MODEL}/traffic.json`)).toBe(copy);
  });

  it('is a problem where the two differ and neither is later', async () => {
    recovery.changeBlob(`${MODEL}/versions/2.json`, (value) => ({ ...value, seed: 99 }));
    const before = recovery.documents();
    const found = await recovery.rebuild();
    expect(found).toMatchObject({
      agrees: false,
      differences: [
        { record: 'version:2', standing: 'different', outcome: 'left as it is' },
        { record: 'registration:run-2', standing: 'different', outcome: 'left as it is' },
      ],
    });
    expect(recovery.documents()).toMatchObject(before);
    expect(await recovery.rebuild(true)).toMatchObject({ agrees: true });
    expect(await world.registry.version(MODEL, '2')).toMatchObject({ seed: 99 });
  });

  it('gives rows without a copy one', async () => {
    world.memory.files.delete(`${MODEL}/versions/1.json`);
    expect((await recovery.rebuild()).differences).toEqual([
      { model: MODEL, record: 'version:1', standing: 'uncopied', outcome: 'copy written' },
    ]);
    world.memory.rows.delete(`${MODEL}/version:1`);
    expect(await recovery.rebuild()).toMatchObject({ agrees: true });
    expect(await world.stateOf('1')).toBe('registered');
  });

  it('says which copy cannot be read, and goes on', async () => {
    world.memory.files.set(`${MODEL}/versions/2.json`, Buffer.from('{'));
    world.memory.files.set(`${MODEL}/versions/9.json`, world.memory.files.get(`${MODEL}/versions/3.json`)!);
    world.memory.rows.clear();
    const found = await recovery.rebuild();
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
    const found = await recovery.rebuild();
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
    expect(await recovery.check()).toMatchObject({
      agrees: false,
      problems: [`models/${MODEL}/2/model.onnx has 5 bytes, the registry says 7`],
    });
  });

  it('of a registration that was cut off are no version', async () => {
    world.memory.files.set(`${MODEL}/4/contract.json`, Buffer.from('{}'));
    world.memory.rows.clear();
    const found = await recovery.rebuild();
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
