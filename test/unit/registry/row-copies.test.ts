import { beforeEach, describe, expect, it } from 'vitest';
import { Failure } from '../../../shared/failure.ts';
import { MODEL, PromotionWorld } from '../../fixtures/promotion-world.ts';

const COPY = `${MODEL}/versions/2.json`;

let world: PromotionWorld;
beforeEach(async () => {
  world = await PromotionWorld.create();
});

function copied(): unknown {
  return JSON.parse(Buffer.from(world.memory.files.get(COPY) ?? []).toString());
}

/** Fails a call once. */
function failOnce(call: string, id: string): void {
  world.memory.before = (made, of) => {
    if (made !== call || of !== id) return;
    world.memory.before = () => undefined;
    throw new Failure('unavailable', 'It is down');
  };
}

describe("the copy of a version's row", () => {
  it('is what the row is, and there before it', async () => {
    const row = await world.registry.version(MODEL, '2');
    expect(copied()).toEqual(row);
    world.memory.files.delete(COPY);
    world.memory.rows.delete(`${MODEL}/version:2`);
    failOnce('create', 'version:2');
    await expect(world.registry.addVersion(row!)).rejects.toThrow('It is down');
    expect(copied()).toEqual(row);
    expect(await world.registry.addVersion(row!)).toBe(true);
  });

  it('follows when the version is retired, also where that is done again after it failed', async () => {
    failOnce('write', COPY);
    await expect(world.registry.retire(MODEL, '2')).rejects.toThrow('It is down');
    expect(await world.stateOf('2')).toBe('retired');
    await world.registry.retire(MODEL, '2');
    expect(copied()).toEqual(await world.registry.version(MODEL, '2'));
    expect(copied()).toMatchObject({ state: 'retired' });
  });

  it('is not set back by a registration that is repeated late', async () => {
    const row = await world.registry.version(MODEL, '2');
    await world.registry.retire(MODEL, '2');
    expect(await world.registry.addVersion(row!)).toBe(false);
    expect(copied()).toMatchObject({ state: 'retired' });
  });
});

describe('a model', () => {
  it('is lost when its traffic has a copy and no row', async () => {
    expect(await world.registry.isLost(MODEL)).toBe(false);
    world.memory.rows.clear();
    expect(await world.registry.isLost(MODEL)).toBe(true);
    expect(await world.registry.isLost('never-there')).toBe(false);
  });
});
