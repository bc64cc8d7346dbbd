import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DurableApp } from './durable-app.ts';

let app: DurableApp;
beforeAll(async () => {
  app = await DurableApp.start();
});
afterAll(async () => {
  await app.stop();
});

const counter = (key: string) => ({ name: 'counter', key });
const state = (key: string, name = 'counter') => app.call('readEntityState', { name, key });
const bound = { timeout: 20_000 };
const holding = (entityState: unknown) => ({ entityExists: true, entityState });

describe('an entity', () => {
  it('keeps its state between the calls of an orchestration', async () => {
    expect(await app.run('countTo', { key: 'a', adds: [3, 4, -2] })).toEqual({ seen: [3, 7, 5], value: 5 });
    expect(await state('a')).toEqual({ entityExists: true, entityState: 5 });
  });

  it('does the operations of many orchestrations one after the other', async () => {
    const ids = await Promise.all(
      Array.from({ length: 12 }, () => app.start('countTo', { key: 'shared', adds: [1, 1, 1] })),
    );
    await Promise.all(ids.map((id) => app.output(id)));
    expect(await state('shared')).toEqual({ entityExists: true, entityState: 36 });
  });

  it('takes signals of orchestrations in their order', async () => {
    expect(await app.run('signalThenRead', { key: 'signalled' })).toBe(11);
  });

  it('takes signals of clients', async () => {
    await app.call('signalEntity', counter('from-client'), 'add', 5);
    await app.call('signalEntity', counter('from-client'), 'add', 6);
    await expect.poll(() => state('from-client'), bound).toEqual(holding(11));
  });

  it('can signal another one', async () => {
    await app.call('signalEntity', counter('giver'), 'add', 9);
    await app.call('signalEntity', counter('giver'), 'pass on', 'taker');
    await expect.poll(() => state('taker'), bound).toEqual(holding(9));
  });

  it('does not exist before its first operation and after it was deleted', async () => {
    expect(await state('never')).toEqual({ entityExists: false });
    await app.call('signalEntity', counter('gone'), 'add', 1);
    await expect.poll(() => state('gone'), bound).toEqual(holding(1));
    await app.call('signalEntity', counter('gone'), 'forget', null);
    await expect.poll(() => state('gone'), bound).toEqual({ entityExists: false });
  });

  it('that fails reaches its caller as an error, and keeps working', async () => {
    expect(await app.run('entityFails', { key: 'failing' })).toEqual({ thrown: true });
    expect(await app.run('countTo', { key: 'failing', adds: [2] })).toEqual({ seen: [2], value: 2 });
  });
});

describe('a lock', () => {
  it('keeps others out of all its entities, in whatever order they are named', async () => {
    const transfers = Array.from({ length: 8 }, (_, index) =>
      index % 2 === 0 ? { from: 'one', to: 'two', amount: 10 } : { from: 'two', to: 'one', amount: 3 },
    );
    const ids = await Promise.all(transfers.map((transfer) => app.start('transfer', transfer)));
    for (const id of ids) expect(await app.output(id)).toEqual({ locked: true, after: false });
    expect(await state('one', 'account')).toMatchObject({ entityState: { balance: -28 } });
    expect(await state('two', 'account')).toMatchObject({ entityState: { balance: 28 } });
  });

  it('holds back signals until it is let go', async () => {
    const holder = await app.start('holder', { key: 'held' });
    await app.until(holder, ({ customStatus }) => customStatus === 'locked');
    await app.call('signalEntity', counter('held'), 'add', 1);
    const second = await app.start('holder', { key: 'held' });
    await app.until(second, ({ runtimeStatus }) => runtimeStatus === 'Running');
    expect((await app.status(second)).customStatus).toBeNull();
    expect(await state('held')).not.toMatchObject({ entityState: 1 });
    await app.call('raiseEvent', holder, 'let go', true);
    await expect.poll(() => state('held'), bound).toEqual(holding(1));
    await app.until(second, ({ customStatus }) => customStatus === 'locked');
    await app.call('raiseEvent', second, 'let go', true);
    expect(await app.output(second)).toBe('let go');
  });
});
