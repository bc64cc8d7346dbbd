import { beforeEach, describe, expect, it } from 'vitest';
import { claim, setStep } from '../../../shared/registry/traffic.ts';
import {
  faultsOfAgreement,
  faultsOfRest,
  faultsOfVersions,
  promotionSnapshot,
  type PromotionStores,
} from '../../../tools/promotion-crash-check.ts';
import { MODEL, PromotionWorld } from '../../fixtures/promotion-world.ts';

let world: PromotionWorld;
let stores: PromotionStores;
beforeEach(async () => {
  world = await PromotionWorld.create();
  stores = { registry: world.registry, models: world.memory.blobs, promotions: world.parts };
});

const agreement = async () => faultsOfAgreement(await promotionSnapshot(stores, MODEL), '1');
const rest = async () => faultsOfRest(stores, await promotionSnapshot(stores, MODEL));

describe('the check after a crash', () => {
  it('finds nothing wrong with a promotion, and that it is not over until it is', async () => {
    const id = await world.start();
    for (let done = false; !done;) {
      await world.minute();
      ({ done } = await world.check(id));
      expect(await agreement()).toEqual([]);
      expect((await rest()).length > 0).toBe(!done);
    }
    expect(world.traffic().champion.version).toBe('2');
  });

  it('finds a version with traffic that is gone', async () => {
    await world.start();
    world.memory.rows.delete(`${MODEL}/version:2`);
    const faults = await faultsOfVersions(stores, await promotionSnapshot(stores, MODEL));
    expect(faults).toContain('the traffic names version 2 (claim), which is gone');
  });

  it('finds a version whose files are not those that were registered', async () => {
    const faults = await faultsOfVersions(stores, await promotionSnapshot(stores, MODEL));
    expect(faults).toEqual([expect.stringMatching(/version 1 \(champion\) cannot be loaded/)]);
  });

  it('finds a promotion that goes on without holding anything', async () => {
    const id = await world.start();
    const { epoch } = world.record(id);
    await world.registry.changeTraffic(MODEL, (row) => ({
      kind: 'changed',
      row: { ...row, claim: null, epoch: epoch + 1 },
    }));
    expect(await agreement()).toEqual([`promotion ${id} is in phase shadow and holds nothing`]);
  });

  it('finds a champion that nobody has promoted, and traffic that nobody holds', async () => {
    const stamp = { at: new Date(world.now), by: 'test' };
    const validUntil = new Date(world.now + 1);
    await world.registry.changeTraffic(MODEL, claim({ promotionId: 'p', candidate: '2', validUntil }, stamp));
    const step = { step: 1, percent: 5, shadow: false, validUntil };
    const { epoch } = world.traffic();
    await world.registry.changeTraffic(MODEL, setStep({ promotionId: 'p', epoch }, step, stamp));
    expect(await agreement()).toEqual([]);
    await world.registry.changeTraffic(MODEL, (row) => ({
      kind: 'changed',
      row: { ...row, champion: { version: '3' }, claim: null },
    }));
    expect(await agreement()).toEqual([
      'version 2 (canary) has traffic that promotion p does not hold',
      'the champion is 3, the promotions came to 1',
    ]);
  });

  it('finds copies that are behind', async () => {
    world.memory.files.set(`${MODEL}/traffic.json`, Buffer.from('{}'));
    expect(await rest()).toEqual([expect.stringMatching(/copy of the traffic/)]);
  });
});
