import { setTimeout as wait } from 'node:timers/promises';
import { type Container, CosmosClient, ErrorResponse } from '@azure/cosmos';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { cosmosConnection } from '../../../local/endpoints.ts';
import { startChild, temporaryFolder } from './child.ts';

const report = z.object({ type: z.literal('ready'), port: z.number() });

async function startCosmos(folder: string, port = 0) {
  const cosmos = await startChild(
    'cosmos-server.ts',
    [`--folder=${folder}`, `--port=${port}`, '--journal=20000'],
    report,
  );
  return { ...cosmos, port: cosmos.ready.port, client: clientAt(cosmos.ready.port) };
}

function clientAt(port: number): CosmosClient {
  return new CosmosClient({ connectionString: cosmosConnection(port) });
}

async function container(client: CosmosClient): Promise<Container> {
  const { database } = await client.databases.createIfNotExists({ id: 'db' });
  const partitionKey = { paths: ['/model'] };
  return (await database.containers.createIfNotExists({ id: 'rows', partitionKey })).container;
}

async function freshContainer(): Promise<Container> {
  return container((await startCosmos(await temporaryFolder())).client);
}

/** The status that the service refused a request with. */
async function refusal(request: Promise<unknown>): Promise<number | string | undefined> {
  try {
    await request;
    return undefined;
  } catch (error) {
    if (error instanceof ErrorResponse) return error.code;
    throw error;
  }
}

async function idsOf(rows: Container, query: string, partitionKey?: string): Promise<unknown[]> {
  const options = partitionKey === undefined ? {} : { partitionKey };
  return (await rows.items.query<unknown>(query, options).fetchAll()).resources;
}

test('creates, reads, replaces and deletes, and answers 404, 409 and 412 as Azure does', async () => {
  const rows = await freshContainer();
  const created = await rows.items.create({ id: '1', model: 'a', n: 1 });
  expect(await refusal(rows.items.create({ id: '1', model: 'a' }))).toBe(409);
  expect((await rows.items.create({ id: '1', model: 'b' })).statusCode).toBe(201);
  expect((await rows.item('2', 'a').read()).statusCode).toBe(404);
  expect((await rows.item('1', 'c').read()).statusCode).toBe(404);

  const known = { type: 'IfNoneMatch', condition: created.etag };
  expect((await rows.item('1', 'a').read({ accessCondition: known })).statusCode).toBe(304);
  const unchanged = { type: 'IfMatch', condition: created.etag };
  const replaced = await rows
    .item('1', 'a')
    .replace({ id: '1', model: 'a', n: 2 }, { accessCondition: unchanged });
  expect(replaced.etag).not.toBe(created.etag);
  const stale = { accessCondition: unchanged };
  expect(await refusal(rows.item('1', 'a').replace({ id: '1', model: 'a', n: 3 }, stale))).toBe(412);
  expect(await refusal(rows.items.upsert({ id: '1', model: 'a', n: 3 }, stale))).toBe(412);
  expect(await refusal(rows.item('1', 'a').patch([{ op: 'incr', path: '/n', value: 1 }], stale))).toBe(412);
  expect(await refusal(rows.item('1', 'a').delete(stale))).toBe(412);
  expect((await rows.item('1', 'a').read<{ n: number }>()).resource?.n).toBe(2);
  expect((await rows.item('1', 'a').delete()).statusCode).toBe(204);
  expect((await rows.item('1', 'b').read()).statusCode).toBe(200);
});

test('refuses a document that is too large and a query that is none', async () => {
  const rows = await freshContainer();
  expect(await refusal(rows.items.create({ id: 'large', model: 'a', text: 'x'.repeat(2 ** 21) }))).toBe(413);
  expect(await refusal(rows.items.query('SELECT FROM').fetchAll())).toBe(400);
});

test('lets exactly one of many concurrent writers replace a version of a document', async () => {
  const rows = await freshContainer();
  await rows.items.create({ id: 'counter', model: 'a', n: 0 });
  const increment = async (): Promise<void> => {
    const { resource, etag } = await rows.item('counter', 'a').read<{ n: number }>();
    const next = { id: 'counter', model: 'a', n: (resource?.n ?? 0) + 1 };
    const accessCondition = { type: 'IfMatch', condition: etag };
    if ((await refusal(rows.item('counter', 'a').replace(next, { accessCondition }))) === 412)
      await increment();
  };
  await Promise.all(Array.from({ length: 12 }, increment));
  expect((await rows.item('counter', 'a').read<{ n: number }>()).resource?.n).toBe(12);
});

test('patches under a condition', async () => {
  const rows = await freshContainer();
  await rows.items.create({ id: '1', model: 'a', state: 'Open', n: 1 });
  const operations = [{ op: 'incr' as const, path: '/n', value: 4 }];
  const patch = (condition: string) => rows.item('1', 'a').patch<{ n: number }>({ condition, operations });
  expect((await patch("from c where c.state = 'Open'")).resource?.n).toBe(5);
  expect(await refusal(patch("from c where c.state = 'open'"))).toBe(412);
});

test('queries with parameters, in order, within a partition and across', async () => {
  const rows = await freshContainer();
  for (let n = 0; n < 12; n += 1)
    await rows.items.create({ id: `v${n}`, model: n % 2 === 0 ? 'a' : 'b', n, kind: 'v' });
  const parameters = [
    { name: '@limit', value: 3 },
    { name: '@before', value: 9 },
  ];
  const query = 'SELECT TOP @limit * FROM c WHERE c.n < @before ORDER BY c.n DESC';
  const within = await rows.items.query({ query, parameters }, { partitionKey: 'a' }).fetchAll();
  expect(within.resources).toMatchObject([{ id: 'v8' }, { id: 'v6' }, { id: 'v4' }]);
  const across = await rows.items.query({ query, parameters }).fetchAll();
  expect(across.resources).toMatchObject([{ id: 'v8' }, { id: 'v7' }, { id: 'v6' }]);
  expect(await idsOf(rows, 'SELECT VALUE COUNT(1) FROM c', 'b')).toEqual([6]);
  expect(await idsOf(rows, 'SELECT VALUE c.id FROM c', 'nothing')).toEqual([]);
});

test('pages through a query with continuation tokens, each document once', async () => {
  const rows = await freshContainer();
  for (let n = 0; n < 25; n += 1) await rows.items.create({ id: `${n}`, model: 'a' });
  const query = 'SELECT * FROM c';
  const pages: unknown[][] = [];
  let continuationToken: string | undefined;
  do {
    const options = { partitionKey: 'a', maxItemCount: 10, ...(continuationToken && { continuationToken }) };
    const page = await rows.items.query<{ id: string }>(query, options).fetchNext();
    pages.push(page.resources.map(({ id }) => id));
    continuationToken = page.continuationToken;
  } while (continuationToken);
  expect(pages.map((page) => page.length)).toEqual([10, 10, 5]);
  expect(new Set(pages.flat()).size).toBe(25);
});

test('carries out a transactional batch entirely or not at all', async () => {
  const rows = await freshContainer();
  const { etag } = await rows.items.create({ id: 'old', model: 'a', n: 1 });
  await rows.items.create({ id: 'gone', model: 'a', n: 1 });
  const change = [
    { operationType: 'Create' as const, resourceBody: { id: 'new', model: 'a' } },
    {
      operationType: 'Patch' as const,
      id: 'old',
      resourceBody: { operations: [{ op: 'incr' as const, path: '/n', value: 1 }] },
    },
    { operationType: 'Delete' as const, id: 'gone' },
  ];
  const failing = { operationType: 'Create' as const, resourceBody: { id: 'old', model: 'a' } };
  const failed = await rows.items.batch([...change, failing], 'a');
  expect(failed.code).toBe(207);
  expect(failed.result?.map(({ statusCode }) => statusCode)).toEqual([424, 424, 424, 409]);
  expect((await rows.item('new', 'a').read()).statusCode).toBe(404);
  expect((await rows.item('gone', 'a').read()).statusCode).toBe(200);
  expect((await rows.item('old', 'a').read()).etag).toBe(etag);

  const done = await rows.items.batch(change, 'a');
  expect(done.result?.map(({ statusCode }) => statusCode)).toEqual([201, 200, 204]);
  expect(await idsOf(rows, 'SELECT VALUE c.id FROM c ORDER BY c.id', 'a')).toEqual(['new', 'old']);
});

test('keeps every acknowledged write, with its ETag, when it is killed, on the same port', async () => {
  const folder = await temporaryFolder();
  let cosmos = await startCosmos(folder);
  const etags = new Map<string, string | undefined>();
  for (let round = 0; round < 3; round += 1) {
    const rows = await container(cosmos.client);
    const { port } = cosmos;
    let killed = false;
    const writing = Array.from({ length: 4 }, async (_, writer) => {
      for (let n = 0; !killed; n = (n + 1) % 20) {
        const id = `${writer}-${n}`;
        etags.delete(id); // of the one that is under way nobody knows
        const written = await rows.items.upsert(
          { id, model: 'a', round },
          { abortSignal: AbortSignal.timeout(2_000) },
        );
        etags.set(id, written.etag);
      }
    });
    const stopped = Promise.allSettled(writing);
    await wait(300);
    killed = true;
    await cosmos.kill();
    await stopped;
    cosmos = await startCosmos(folder, port);
    expect(cosmos.port).toBe(port);
    const stored = await (
      await container(cosmos.client)
    ).items
      .readAll<{ id: string; _etag: string }>()
      .fetchAll();
    const found = new Map(stored.resources.map(({ id, _etag }) => [id, _etag]));
    for (const [id, etag] of etags) expect(found.get(id), id).toBe(etag);
  }
  expect(etags.size).toBeGreaterThan(20);
}, 40_000);

test('restores thousands of documents quickly after a clean stop', async () => {
  const folder = await temporaryFolder();
  const first = await startCosmos(folder);
  const rows = await container(first.client);
  const text = 'x'.repeat(600);
  for (let start = 0; start < 5_000; start += 100) {
    const operations = Array.from({ length: 100 }, (_, index) => ({
      operationType: 'Create' as const,
      resourceBody: { id: `${start + index}`, model: 'a', text },
    }));
    await rows.items.batch(operations, 'a');
  }
  const { etag } = await rows.item('4999', 'a').read();
  expect(await first.stop()).toBe(0);
  const second = await startCosmos(folder);
  const again = await container(second.client);
  expect(await idsOf(again, 'SELECT VALUE COUNT(1) FROM c')).toEqual([5_000]);
  expect((await again.item('4999', 'a').read()).etag).toBe(etag);
  expect((await again.items.create({ id: 'next', model: 'a' })).statusCode).toBe(201);
});

test('keeps the documents of a container that is replaced, also over a kill', async () => {
  const folder = await temporaryFolder();
  const first = await startCosmos(folder);
  const rows = await container(first.client);
  await rows.items.create({ id: '1', model: 'a' });
  await rows.replace({ id: 'rows', partitionKey: { paths: ['/model'] }, defaultTtl: -1 });
  expect((await rows.item('1', 'a').read()).statusCode).toBe(200);
  await first.kill();
  const again = await container((await startCosmos(folder)).client);
  expect((await again.item('1', 'a').read()).statusCode).toBe(200);
  expect((await again.read()).resource?.defaultTtl).toBe(-1);
});
