import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import { setTimeout as wait } from 'node:timers/promises';
import { describe, expect, it, type TestContext } from 'vitest';
import { cosmosConnection, storageConnection } from '../../local/endpoints.ts';
import { blobsOf, openBlobService } from '../../shared/azure/blob.ts';
import { documentsOf, openCosmos } from '../../shared/azure/cosmos.ts';
import { logBlobsOf } from '../../shared/azure/log-blobs.ts';
import { Failure } from '../../shared/failure.ts';
import { unlessSilent, within } from '../../shared/patience.ts';
import { allOf } from '../fixtures/all-of.ts';

/** A service that takes connections and requests, and answers as told, or nothing. */
async function service({ onTestFinished }: TestContext, listener: RequestListener): Promise<number> {
  const server = createServer(listener).listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : 0;
}

const silent: RequestListener = () => undefined;
const HALF = 100_000;
/** Sends the half of what it promises. */
const half: RequestListener = (_, response) => {
  response.writeHead(200, { 'content-length': 2 * HALF, etag: '"1"' });
  response.write(Buffer.alloc(HALF));
};

async function storageAt(port: number) {
  const connectionString = storageConnection({ blob: port, queue: port, table: port });
  return openBlobService({ by: 'connection-string', connectionString });
}

/** What kinds of failure calls end with, of those that end in time. */
async function failuresOf(calls: readonly Promise<unknown>[]): Promise<unknown[]> {
  const kinds = calls.map(async (call) => {
    const late = wait(7_000, 'late', { ref: false });
    const failed = call.then(
      () => 'done',
      (error: unknown) => (error instanceof Failure ? error.kind : error),
    );
    return Promise.race([failed, late]);
  });
  return Promise.all(kinds);
}

describe.concurrent('a caller of a service that falls silent gets a failure', () => {
  it('from Cosmos DB', async (context) => {
    const port = await service(context, silent);
    const access = { by: 'connection-string', connectionString: cosmosConnection(port) } as const;
    const documents = documentsOf(await openCosmos(access), 'registry');
    const failures = await failuresOf([
      documents.read('fraud', 'traffic'),
      documents.create('fraud', 'x', {}),
      documents.replace('fraud', 'x', {}, '1'),
      documents.listDescending('fraud', 'version', 10, undefined),
      documents.acrossModels('traffic', 10, undefined),
    ]);
    expect(failures).toEqual(Array(5).fill('unavailable'));
  });

  it('from Blob, which says nothing at all', async (context) => {
    const storage = await storageAt(await service(context, silent));
    const log = logBlobsOf(storage, 'predictions', 1_000);
    const failures = await failuresOf([
      blobsOf(storage, 'models').read('fraud/1/model.onnx'),
      allOf(log.read('a')),
      allOf(log.list('a')),
      log.create('a', Buffer.from('x')),
      log.append('a', Buffer.from('x')),
      log.start('a'),
      log.remove('a'),
    ]);
    expect(failures).toEqual(Array(7).fill('unavailable'));
  });

  it('from Blob, which stops in the middle of a blob', async (context) => {
    const storage = await storageAt(await service(context, half));
    const failures = await failuresOf([
      blobsOf(storage, 'models').read('fraud/1/model.onnx'),
      allOf(logBlobsOf(storage, 'predictions', 1_000).read('a')),
    ]);
    expect(failures).toEqual(Array(2).fill('unavailable'));
  });
});

describe('the patience of a caller', () => {
  it('ends with an error, and the call is told', async () => {
    let told: AbortSignal | undefined;
    const call = within(20, (signal) => {
      told = signal;
      return new Promise(() => undefined);
    });
    await expect(call).rejects.toThrow('no answer within 20 ms');
    expect(told?.aborted).toBe(true);
  });

  it('does not count the time that a reader takes', async () => {
    const pieces = unlessSilent(30, async function* open() {
      for (let i = 0; i < 3; i++) yield await Promise.resolve(i);
    });
    const read: number[] = [];
    for await (const piece of pieces) {
      await wait(60);
      read.push(piece);
    }
    expect(read).toEqual([0, 1, 2]);
  });

  it('holds between two pieces, not for all of them', async () => {
    const pieces = unlessSilent(200, async function* open(signal) {
      for (let i = 0; ; i++) {
        yield i;
        await wait(i < 4 ? 80 : 60_000, undefined, { signal });
      }
    });
    const read: number[] = [];
    const all = async () => {
      for await (const piece of pieces) read.push(piece);
    };
    await expect(all()).rejects.toThrow('aborted');
    expect(read).toEqual([0, 1, 2, 3, 4]);
  });
});
