import { beforeEach, describe, expect, it } from 'vitest';
import { changeTraffic } from '../../../shared/registry/change-traffic.ts';
import { Registry } from '../../../shared/registry/registry.ts';
import { trafficRowSchema } from '../../../shared/registry/rows.ts';
import { claim, renew, setStep } from '../../../shared/registry/traffic.ts';
import { MemoryRegistry } from '../../fixtures/memory-registry.ts';

const stamp = { at: new Date(0), by: 'test' };
const until = (minute: number) => new Date(Date.UTC(2026, 0, 1, 0, minute));
const claimFor = (promotionId: string) => claim({ promotionId, candidate: '2', validUntil: until(1) }, stamp);

describe('changing the traffic', () => {
  let stored: MemoryRegistry;
  let registry: Registry;

  beforeEach(async () => {
    stored = new MemoryRegistry();
    registry = new Registry(stored.documents, stored.blobs);
    await registry.installFirstChampion('cards', '1', 'test', new Date(0));
  });

  const copy = () => {
    const bytes = stored.files.get('cards/traffic.json');
    return trafficRowSchema.parse(JSON.parse(Buffer.from(bytes ?? []).toString()));
  };
  const row = () => trafficRowSchema.parse(stored.rows.get('cards/traffic')?.value);

  it('writes the row and its copy', async () => {
    const change = await registry.changeTraffic('cards', claimFor('p'));
    expect(change).toMatchObject({ kind: 'changed', traffic: { row: { claim: { promotionId: 'p' } } } });
    expect((await registry.traffic('cards'))?.etag).toBe(change.traffic.etag);
    expect(copy()).toEqual(row());
  });

  it('lets one of many claims of the same moment through', async () => {
    const changes = await Promise.all(
      Array.from({ length: 20 }, (_, index) => registry.changeTraffic('cards', claimFor(`p${index}`))),
    );
    expect(changes.filter(({ kind }) => kind === 'changed')).toHaveLength(1);
    expect(changes.filter(({ kind }) => kind === 'refused')).toHaveLength(19);
    expect(row().epoch).toBe(2);
  });

  it('keeps every change of writers that race, and leaves the newest copy', async () => {
    await registry.changeTraffic('cards', claimFor('p'));
    const own = { promotionId: 'p', epoch: 2 };
    const changes = await Promise.all(
      Array.from({ length: 8 }, (_, index) =>
        registry.changeTraffic('cards', renew(own, 0, until(10 + index), stamp)),
      ),
    );
    const changed = changes.filter(({ kind }) => kind === 'changed').length;
    expect(row()).toMatchObject({ epoch: 2 + changed, claim: { validUntil: until(17).toISOString() } });
    expect(copy()).toEqual(row());
  });

  it('leaves the newest copy where an older one is written late', async () => {
    await registry.changeTraffic('cards', claimFor('p'));
    const own = { promotionId: 'p', epoch: 2 };
    const held = Promise.withResolvers<void>();
    let writes = 0;
    stored.before = (call) => (call === 'write' && (writes += 1) === 1 ? held.promise : undefined);
    const slow = registry.changeTraffic('cards', renew(own, 0, until(20), stamp));
    await expect.poll(() => writes).toBe(1);
    const step = { step: 1, percent: 5, shadow: false, validUntil: until(30) };
    await registry.changeTraffic('cards', setStep(own, step, stamp));
    held.resolve();
    await slow;
    expect(copy()).toEqual(row());
    expect(copy().canary?.percent).toBe(5);
  });

  it('completes a copy that failed when it is done again', async () => {
    stored.before = (call) => {
      if (call === 'write') throw new Error('Blob is down');
    };
    await expect(registry.changeTraffic('cards', claimFor('p'))).rejects.toThrow(/Blob is down/);
    stored.before = () => undefined;
    expect(await registry.changeTraffic('cards', claimFor('p'))).toMatchObject({ kind: 'unchanged' });
    expect(copy()).toEqual(row());
  });

  it('says that a model does not exist', async () => {
    const stores = { documents: stored.documents, models: stored.blobs };
    await expect(changeTraffic(stores, 'none', claimFor('p'))).rejects.toMatchObject({ kind: 'not-found' });
  });
});
