import { expect, test } from 'vitest';
import { EmulatedAccount } from '../../../../local/cosmos/emulator.ts';
import { removeExpired } from '../../../../local/cosmos/expiry.ts';

const NOW = 1_800_000_000;

/** Ids that are left of documents with these times, in a container with this default. */
function left(
  defaultTtl: number | undefined,
  documents: readonly { id: string; age: number; ttl?: number }[],
): string[] {
  const account = new EmulatedAccount('127.0.0.1', 0);
  const system = { _etag: 'e', _ts: NOW };
  account.databases._set({ ...system, id: 'db', _rid: 'AAAAAA==', _self: '/dbs/AAAAAA==' });
  const self = '/dbs/AAAAAA==/colls/AAAAAAAAAAA=';
  const settings = {
    partitionKey: { paths: ['/model'] },
    ...(defaultTtl === undefined ? {} : { defaultTtl }),
  };
  account
    .database('db')
    .collections._set({ ...system, id: 'c', _rid: 'AAAAAAAAAAA=', _self: self, ...settings });
  const stored = account.database('db').collection('c').documents;
  for (const { age, ...document } of documents) {
    stored._set({ ...document, model: 'm', _etag: 'e', _rid: document.id, _self: self, _ts: NOW - age });
  }
  removeExpired(account, NOW);
  return [...stored._data.values()].map((document) => document.read()?.id ?? '');
}

test('removes a document when its own time, or else the default, is over', () => {
  const documents = [
    { id: 'young', age: 59 },
    { id: 'old', age: 60 },
    { id: 'long-lived', age: 60, ttl: 100 },
    { id: 'short-lived', age: 10, ttl: 10 },
    { id: 'for-ever', age: 1_000, ttl: -1 },
  ];
  expect(left(60, documents)).toEqual(['young', 'long-lived', 'for-ever']);
  expect(left(-1, documents)).toEqual(['young', 'old', 'long-lived', 'for-ever']);
});

test('removes nothing where the container has no time to live', () => {
  expect(left(undefined, [{ id: 'old', age: 1_000, ttl: 1 }])).toEqual(['old']);
});
