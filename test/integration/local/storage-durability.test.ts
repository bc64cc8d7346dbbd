import { createHmac } from 'node:crypto';
import { BlobServiceClient, type ContainerClient } from '@azure/storage-blob';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { storageConnection, type StoragePorts } from '../../../local/endpoints.ts';
import { startChild, temporaryFolder } from './child.ts';

const ports = z.object({ blob: z.number(), queue: z.number(), table: z.number() });
const report = z.object({ type: z.literal('ready'), ports });

async function startStorage(folder: string, wanted?: StoragePorts) {
  const named = wanted && [`--blob=${wanted.blob}`, `--queue=${wanted.queue}`, `--table=${wanted.table}`];
  const storage = await startChild(
    'storage-server.ts',
    [`--folder=${folder}`, '--journal=20000', ...(named ?? [])],
    report,
  );
  return { ...storage, ports: storage.ready.ports };
}

function blobService(at: StoragePorts): BlobServiceClient {
  return BlobServiceClient.fromConnectionString(storageConnection(at), {
    retryOptions: { maxTries: 1 },
    keepAliveOptions: { enable: true },
  });
}

/** What the storage said it has of one blob; undefined: that it has none. */
type Acknowledged = { readonly content: string; readonly etag: string | undefined } | undefined;

/**
 * One client that writes one request after the other until the storage is gone, and keeps what was acknowledged. Of
 * the one write that was under way nobody knows the outcome.
 */
class Writer {
  readonly acknowledged = new Map<string, Acknowledged>();
  readonly appended = new Map<string, string[]>();
  readonly name: string;
  inFlight: string | undefined;
  #count = 0;

  constructor(name: string) {
    this.name = name;
  }

  /** @param acknowledge called after each answered request */
  async writeUntilGone(
    container: ContainerClient,
    random: () => number,
    acknowledge: () => void,
  ): Promise<void> {
    try {
      for (;;) {
        await this.#writeOnce(container, random);
        acknowledge();
      }
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && isGone(error.code))) throw error;
    }
  }

  async #writeOnce(container: ContainerClient, random: () => number): Promise<void> {
    this.#count += 1;
    const content = `${this.name} ${String(this.#count)}\n`;
    const name = `${this.name}/${String(Math.floor(random() * 5))}`;
    this.inFlight = name;
    const choice = random();
    if (choice < 0.4) {
      this.inFlight = `${this.name}/log`;
      const log = container.getAppendBlobClient(this.inFlight);
      if (!this.appended.has(this.inFlight)) {
        await log.create({ conditions: { ifNoneMatch: '*' } }).catch((error: unknown) => {
          // Created just before an earlier kill, without an answer.
          if (!(error instanceof Error && 'statusCode' in error && error.statusCode === 409)) throw error;
        });
        this.appended.set(this.inFlight, []);
      }
      await log.appendBlock(content, content.length);
      this.appended.get(this.inFlight)?.push(content);
    } else if (choice < 0.6) {
      const blob = container.getBlockBlobClient(name);
      const { etag } = await blob.upload(content, content.length);
      this.acknowledged.set(name, { content, etag });
    } else if (choice < 0.7) {
      const fresh = `${this.name}/once-${String(this.#count)}`;
      this.inFlight = fresh;
      const blob = container.getBlockBlobClient(fresh);
      const { etag } = await blob.upload(content, content.length, { conditions: { ifNoneMatch: '*' } });
      this.acknowledged.set(fresh, { content, etag });
    } else if (choice < 0.8) {
      const blob = container.getBlockBlobClient(name);
      const id = Buffer.from(String(this.#count).padStart(8, '0')).toString('base64');
      await blob.stageBlock(id, content, content.length);
      const { etag } = await blob.commitBlockList([id]);
      this.acknowledged.set(name, { content, etag });
    } else if (choice < 0.9) {
      const before = this.acknowledged.get(name);
      if (before === undefined) return;
      const { etag } = await container.getBlockBlobClient(name).setMetadata({ count: String(this.#count) });
      this.acknowledged.set(name, { content: before.content, etag });
    } else {
      await container.getBlockBlobClient(name).deleteIfExists();
      this.acknowledged.set(name, undefined);
    }
  }
}

function isGone(code: unknown): boolean {
  return (
    code === 'ECONNRESET' || code === 'ECONNREFUSED' || code === 'EPIPE' || code === 'REQUEST_SEND_ERROR'
  );
}

/** A small seeded generator, so that a failure can be looked at again. */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

async function read(container: ContainerClient, name: string): Promise<Acknowledged> {
  const blob = container.getBlobClient(name);
  try {
    const content = (await blob.downloadToBuffer()).toString();
    return { content, etag: (await blob.getProperties()).etag };
  } catch (error) {
    if (error instanceof Error && 'statusCode' in error && error.statusCode === 404) return undefined;
    throw error;
  }
}

test(
  'keeps every acknowledged write, with its ETag, when it is killed at any moment',
  { timeout: 60_000 },
  async () => {
    const folder = await temporaryFolder();
    const random = seeded(20_260_801);
    let storage = await startStorage(folder);
    const writers = Array.from({ length: 4 }, (_, index) => new Writer(`writer-${String(index)}`));
    await blobService(storage.ports).getContainerClient('durable').create();
    for (let round = 0; round < 3; round += 1) {
      const container = blobService(storage.ports).getContainerClient('durable');
      let left = 60 + Math.floor(random() * 60);
      const enough = Promise.withResolvers<void>();
      const acknowledge = (): void => {
        left -= 1;
        if (left === 0) enough.resolve();
      };
      const writing = writers.map((writer) => writer.writeUntilGone(container, random, acknowledge));
      await enough.promise;
      await storage.kill();
      await Promise.all(writing);

      const before = storage.ports;
      storage = await startStorage(folder, before);
      expect(storage.ports).toEqual(before);
      const after = blobService(storage.ports).getContainerClient('durable');
      for (const writer of writers) {
        for (const [name, lines] of writer.appended) {
          const found = (await read(after, name))?.content ?? '';
          expect(found.startsWith(lines.join(''))).toBe(true);
          // The line that was under way may be there too; from now on it counts.
          const rest = found.slice(lines.join('').length);
          if (rest !== '') expect(name).toBe(writer.inFlight);
          if (rest !== '') lines.push(rest);
        }
        for (const [name, acknowledged] of writer.acknowledged) {
          const found = await read(after, name);
          if (name === writer.inFlight) writer.acknowledged.set(name, found);
          else expect(found, name).toEqual(acknowledged);
        }
      }
    }
    const lines = writers.flatMap((writer) => [...writer.appended.values()].flat());
    const blobs = writers.flatMap((writer) => [...writer.acknowledged.keys()]);
    expect(lines.length).toBeGreaterThan(50);
    expect(blobs.length).toBeGreaterThan(20);
  },
);

test('keeps what it has when it is killed again before anything has changed', async () => {
  const folder = await temporaryFolder();
  const names = ['first', 'second'];
  for (const name of names) {
    const storage = await startStorage(folder);
    const container = blobService(storage.ports).getContainerClient('durable');
    await container.createIfNotExists();
    await container.getBlockBlobClient(name).upload(name, name.length);
    await storage.kill();
  }
  await (await startStorage(folder)).kill();
  const { ports: again } = await startStorage(folder);
  const container = blobService(again).getContainerClient('durable');
  for (const name of names) expect(await read(container, name)).toMatchObject({ content: name });
});

test('keeps tables and their entities when it is killed', async () => {
  const folder = await temporaryFolder();
  const first = await startStorage(folder);
  expect(await table(first.ports, 'POST', 'Tables', { TableName: 'Kept' })).toMatchObject({ status: 201 });
  expect(await table(first.ports, 'POST', 'Tables', { TableName: 'Dropped' })).toMatchObject({ status: 201 });
  await table(first.ports, 'POST', 'Kept', { PartitionKey: 'p', RowKey: '1', text: 'first' });
  await table(first.ports, 'POST', 'Kept', { PartitionKey: 'p', RowKey: '2', text: 'second' });
  await table(first.ports, 'PUT', "Kept(PartitionKey='p',RowKey='1')", { text: 'changed' });
  expect(await table(first.ports, 'DELETE', "Tables('Dropped')")).toMatchObject({ status: 204 });
  await first.kill();
  const { ports: again } = await startStorage(folder);
  const tables = await table(again, 'GET', 'Tables');
  expect(tables.body).toMatchObject({ value: [{ TableName: 'Kept' }] });
  const entities = await table(again, 'GET', 'Kept()');
  expect(entities.body).toMatchObject({
    value: [
      { RowKey: '1', text: 'changed' },
      { RowKey: '2', text: 'second' },
    ],
  });
});

test('keeps everything over a clean stop, and leaves no journal to replay', async () => {
  const folder = await temporaryFolder();
  const first = await startStorage(folder);
  const container = blobService(first.ports).getContainerClient('clean');
  await container.create();
  const log = container.getAppendBlobClient('log');
  await log.create();
  for (let line = 0; line < 20; line += 1)
    await log.appendBlock(`${String(line)}\n`, String(line).length + 1);
  const { etag } = await log.getProperties();
  expect(await first.stop()).toBe(0);
  const second = await startStorage(folder);
  const again = blobService(second.ports).getContainerClient('clean').getAppendBlobClient('log');
  expect((await again.getProperties()).etag).toBe(etag);
  expect((await again.downloadToBuffer()).toString().split('\n')).toHaveLength(21);
});

/** A request to the table service, signed as its documentation says (Shared Key Lite), which no SDK here speaks. */
async function table(at: StoragePorts, method: string, path: string, body?: object) {
  const account = 'devstoreaccount1';
  const key = /AccountKey=([^;]+)/.exec(storageConnection(at))?.[1] ?? '';
  const date = new Date().toUTCString();
  const resource = encodeURI(path);
  const signature = createHmac('sha256', Buffer.from(key, 'base64'))
    .update(`${date}\n/${account}/${account}/${resource}`)
    .digest('base64');
  const response = await fetch(`http://127.0.0.1:${String(at.table)}/${account}/${resource}`, {
    method,
    headers: {
      authorization: `SharedKeyLite ${account}:${signature}`,
      'x-ms-date': date,
      'x-ms-version': '2019-02-02',
      accept: 'application/json;odata=nometadata',
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...(method === 'PUT' || method === 'DELETE' ? { 'if-match': '*' } : {}),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  const parsed: unknown = text === '' ? undefined : JSON.parse(text);
  return { status: response.status, body: parsed };
}
