import { createServer } from 'node:http';
import { once } from 'node:events';
import { randomBytes } from 'node:crypto';
import { BlobServiceClient } from '@azure/storage-blob';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { storageConnection } from '../../../local/endpoints.ts';
import { openBlobService } from '../../../shared/azure/blob.ts';
import { logBlobsOf } from '../../../shared/azure/log-blobs.ts';
import { AppendLog } from '../../../shared/events/append-log.ts';
import type { LogBlobs } from '../../../shared/events/ports.ts';
import { allOf } from '../../fixtures/all-of.ts';
import { startStorage, type Storage } from './storage.ts';

let storage: Storage;
beforeAll(async () => {
  storage = await startStorage();
});
afterAll(() => storage.stop());

let containers = 0;
async function newContainer(): Promise<LogBlobs> {
  const service = await openBlobService({
    by: 'connection-string',
    connectionString: storage.connectionString,
  });
  const name = `log-${(containers += 1)}`;
  await service.createContainer(name);
  return logBlobsOf(service, name, 5_000);
}

async function textOf(blobs: LogBlobs, path: string): Promise<string> {
  return Buffer.concat(await allOf(blobs.read(path))).toString('utf8');
}

describe('the blobs of the log', () => {
  it('are written once', async () => {
    const blobs = await newContainer();
    expect(await blobs.create('a/b.jsonl', Buffer.from('first'))).toBe(true);
    expect(await blobs.create('a/b.jsonl', Buffer.from('second'))).toBe(false);
    expect(await textOf(blobs, 'a/b.jsonl')).toBe('first');
  });

  it('grow by appends, which count their blocks', async () => {
    const blobs = await newContainer();
    expect(await blobs.append('a.jsonl', Buffer.from('x'))).toEqual({ kind: 'missing' });
    await blobs.start('a.jsonl');
    expect(await blobs.append('a.jsonl', Buffer.from('one\n'))).toEqual({ kind: 'appended', blocks: 1 });
    await blobs.start('a.jsonl');
    expect(await blobs.append('a.jsonl', Buffer.from('two\n'))).toEqual({ kind: 'appended', blocks: 2 });
    expect(await textOf(blobs, 'a.jsonl')).toBe('one\ntwo\n');
  });

  it('take the appends of several workers at once', async () => {
    const blobs = await newContainer();
    const workers = [new AppendLog(blobs), new AppendLog(blobs), new AppendLog(blobs)];
    const lines = Array.from({ length: 30 }, (_, i) => `${i}\n`);
    await Promise.all(
      lines.map(async (line, i) => workers[i % 3]?.append('cards/2026/03/01/10/', '0', [line])),
    );
    const text = await textOf(blobs, 'cards/2026/03/01/10/0.jsonl');
    expect(text.split('\n').toSorted()).toEqual(['', ...lines.map((line) => line.trimEnd())].toSorted());
  });

  it('are read in pieces, and are empty where they are not', async () => {
    const blobs = await newContainer();
    const bytes = randomBytes(3 * 1024 * 1024);
    await blobs.create('large', bytes);
    const pieces = await allOf(blobs.read('large'));
    expect(pieces.length).toBeGreaterThan(1);
    expect(Buffer.concat(pieces).equals(bytes)).toBe(true);
    expect(await allOf(blobs.read('missing'))).toEqual([]);
  });

  it('are listed by prefix in order, and are gone once removed', async () => {
    const blobs = await newContainer();
    for (const path of ['a/2', 'b/1', 'a/10', 'a/1', 'ab']) await blobs.create(path, Buffer.from('x'));
    expect(await allOf(blobs.list('a/'))).toEqual(['a/1', 'a/10', 'a/2']);
    await blobs.remove('a/10');
    await blobs.remove('a/10');
    expect(await allOf(blobs.list('a/'))).toEqual(['a/1', 'a/2']);
    await blobs.start('a/2/log');
    await blobs.append('a/2/log', Buffer.from('1234'));
    await blobs.append('a/2/log', Buffer.from('567'));
    expect(await allOf(blobs.listSizes('a/2'))).toEqual([
      { path: 'a/2', bytes: 1 },
      { path: 'a/2/log', bytes: 7 },
    ]);
  });

  it('are a failure where their container is not', async () => {
    const service = await openBlobService({
      by: 'connection-string',
      connectionString: storage.connectionString,
    });
    const blobs = logBlobsOf(service, 'never-made', 5_000);
    await expect(blobs.append('a', Buffer.from('x'))).rejects.toMatchObject({ kind: 'unavailable' });
    await expect(blobs.create('a', Buffer.from('x'))).rejects.toMatchObject({ kind: 'unavailable' });
    await expect(allOf(blobs.read('a'))).rejects.toMatchObject({ kind: 'unavailable' });
    await expect(allOf(blobs.list('a'))).rejects.toMatchObject({ kind: 'unavailable' });
  });
});

describe('a storage service that misbehaves', () => {
  async function blobsAt(
    answer: (path: string) => { status: number; code: string } | undefined,
  ): Promise<LogBlobs> {
    const server = createServer((request, response) => {
      const said = answer(request.url ?? '');
      if (said === undefined) return;
      request.resume();
      const headers = { 'content-type': 'application/xml', 'x-ms-error-code': said.code };
      response
        .writeHead(said.status, headers)
        .end(`<Error><Code>${said.code}</Code><Message>no</Message></Error>`);
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    onTestFinished(() => {
      server.close();
      server.closeAllConnections();
    });
    const address = server.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    const connectionString = storageConnection({ blob: port, queue: port, table: port });
    return logBlobsOf(BlobServiceClient.fromConnectionString(connectionString), 'predictions', 300);
  }

  it('says that an append blob is full', async () => {
    const blobs = await blobsAt(() => ({ status: 409, code: 'BlockCountExceedsLimit' }));
    expect(await blobs.append('a', Buffer.from('x'))).toEqual({ kind: 'full' });
  });

  it('is given up after the bound', async () => {
    const blobs = await blobsAt(() => undefined);
    const before = performance.now();
    await expect(blobs.create('a', Buffer.from('x'))).rejects.toMatchObject({ kind: 'unavailable' });
    await expect(blobs.append('a', Buffer.from('x'))).rejects.toMatchObject({ kind: 'unavailable' });
    expect(performance.now() - before).toBeLessThan(2_000);
  });

  it('is not taken for one that has the blob already', async () => {
    const blobs = await blobsAt(() => ({ status: 409, code: 'ContainerBeingDeleted' }));
    await expect(blobs.create('a', Buffer.from('x'))).rejects.toMatchObject({ kind: 'unavailable' });
    await expect(blobs.start('a')).rejects.toMatchObject({ kind: 'unavailable' });
  });
});
