import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { CosmosClient } from '@azure/cosmos';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { cosmosConnection } from '../../../local/endpoints.ts';
import { openCosmos } from '../../../shared/azure/cosmos.ts';
import { rollupRowsOf } from '../../../shared/azure/cosmos-rollups.ts';
import { DATABASE } from '../../../shared/azure/layout.ts';
import { emptyRow, type RequestsKey, rowId, shardOf } from '../../../shared/rollups/minute-row.ts';
import type { RollupRows } from '../../../shared/rollups/ports.ts';
import { readMinutes, readRequestCounts } from '../../../shared/rollups/read.ts';

const TEN = Date.UTC(2026, 2, 1, 10);
const MINUTE = 60_000;

let rows: RollupRows;
let stop: () => Promise<void>;
beforeAll(async () => {
  const folder = await mkdtemp(join(tmpdir(), 'cosmos-'));
  const entry = fileURLToPath(new URL('../../../local/cosmos-server.ts', import.meta.url));
  const args = [`--folder=${folder}`, '--port=0', '--journal=20000'];
  const child = fork(entry, args, { execArgv: [], env: {}, stdio: 'inherit' });
  const [message]: unknown[] = await once(child, 'message');
  const connectionString = cosmosConnection(z.object({ port: z.number() }).parse(message).port);
  const client = new CosmosClient({
    connectionString,
    connectionPolicy: { enableEndpointDiscovery: false },
  });
  const { database } = await client.databases.createIfNotExists({ id: DATABASE });
  await database.containers.createIfNotExists({ id: 'rollups', partitionKey: { paths: ['/shard'] } });
  client.dispose();
  rows = rollupRowsOf(await openCosmos({ by: 'connection-string', connectionString }), 'rollups');
  stop = async () => {
    const ended = once(child, 'exit');
    child.send({ type: 'stop' });
    await ended;
    await rm(folder, { recursive: true, force: true });
  };
});
afterAll(() => stop());

function keyOf(more: Partial<RequestsKey> = {}): RequestsKey {
  return {
    kind: 'requests',
    model: 'cards',
    version: '3',
    variant: 'champion',
    partition: '0',
    minute: TEN,
    ...more,
  };
}

const PAIRS = {
  kind: 'pairs',
  model: 'cards',
  version: '4',
  promotionId: 'p1',
  step: 0,
  partition: '0',
} as const;

describe('the container of minute rows', () => {
  it('creates a row once and replaces what has not changed', async () => {
    const row = emptyRow(keyOf({ model: 'once' }));
    const [shard, id] = [shardOf(row), rowId(row)];
    expect(await rows.read(shard, id)).toBeUndefined();
    expect(await rows.replace(shard, id, row, '"0"')).toBeUndefined();
    const etag = await rows.create(shard, id, row);
    expect(await rows.create(shard, id, row)).toBeUndefined();
    const next = await rows.replace(shard, id, { ...row, version: '4' }, etag ?? '');
    expect(next).toEqual(expect.stringMatching(/./));
    expect(next).not.toBe(etag);
    expect(await rows.replace(shard, id, row, etag ?? '')).toBeUndefined();
    expect(await rows.read(shard, id)).toMatchObject({ etag: next, value: { version: '4' } });
  });

  it('finds the rows of a model, a promotion and some minutes in every shard, however many they are', async () => {
    const keys = [
      ...Array.from({ length: 600 }, (_, i) => keyOf({ partition: `${i % 4}`, minute: TEN + i * MINUTE })),
      keyOf({ promotionId: 'p1', step: 1 }),
      keyOf({ promotionId: 'p2', step: 1 }),
      keyOf({ model: 'loans' }),
      { ...PAIRS, minute: TEN + MINUTE },
    ];
    for (const key of keys) await rows.create(shardOf(key), rowId(key), emptyRow(key));
    const minutesOf = async (query: { promotionId?: string; from: number; to: number }) =>
      (await readMinutes(rows, { model: 'cards', ...query }))
        .map(({ minute }) => minute)
        .toSorted((left, right) => left - right);
    expect(await minutesOf({ from: 0, to: Number.MAX_SAFE_INTEGER })).toHaveLength(603);
    const three = { from: TEN + MINUTE, to: TEN + 4 * MINUTE };
    expect(await minutesOf(three)).toEqual([1, 1, 2, 3].map((minute) => TEN + minute * MINUTE));
    expect(await minutesOf({ promotionId: 'p1', from: TEN, to: TEN + MINUTE })).toEqual([TEN]);
    const { counts } = emptyRow(keyOf());
    const counted = await readRequestCounts(rows, {
      model: 'cards',
      from: TEN + MINUTE,
      to: TEN + 2 * MINUTE,
    });
    expect(counted).toEqual([{ version: '3', variant: 'champion', minute: TEN + MINUTE, counts }]);
    expect(await minutesOf({ promotionId: 'p1', from: TEN + 2 * MINUTE, to: TEN + 9 * MINUTE })).toEqual([]);
  });
});
