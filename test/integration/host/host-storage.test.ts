import { BlobServiceClient, type ContainerClient } from '@azure/storage-blob';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { storageConnection } from '../../../local/endpoints.ts';
import { BlobSingletons } from '../../../local/host/blob-singleton.ts';
import { BlobTimerStatuses } from '../../../local/host/blob-timer-status.ts';
import { startChild, temporaryFolder } from '../local/child.ts';

const ports = z.object({ blob: z.number(), queue: z.number(), table: z.number() });
const report = z.object({ type: z.literal('ready'), ports });
const LEASE_MS = 15_000;
const never = new AbortController().signal;

async function storage() {
  const child = await startChild('storage-server.ts', [`--folder=${await temporaryFolder()}`], report);
  const service = BlobServiceClient.fromConnectionString(storageConnection(child.ready.ports), {
    retryOptions: { maxTries: 1 },
  });
  return { child, container: service.getContainerClient('azure-webjobs-hosts') };
}

/** A host's view of the rights, with a clock that the test can set forward. */
function host(container: ContainerClient) {
  let ahead = 0;
  return {
    singletons: new BlobSingletons(container, 'app-1', () => Date.now() + ahead),
    setForward: (milliseconds: number) => void (ahead = milliseconds),
  };
}

test('of several hosts one gets the right, in a storage account that has nothing yet', async () => {
  const { container } = await storage();
  const hosts = Array.from({ length: 5 }, () => host(container).singletons);
  const held = await Promise.all(hosts.map((each) => each.tryAcquire('nightly', never)));
  const [winner, ...others] = held.filter((one) => one !== undefined);
  expect(others).toEqual([]);
  expect(winner?.isHeld()).toBe(true);
  const names: string[] = [];
  for await (const { name } of container.listBlobsFlat()) names.push(name);
  expect(names).toEqual(['locks/app-1/Host.Functions.nightly.Listener']);

  const other = await hosts[0]?.tryAcquire('hourly', never);
  expect(other?.isHeld()).toBe(true);
  await winner?.release();
  expect(winner?.isHeld()).toBe(false);
  const next = await hosts[1]?.tryAcquire('nightly', never);
  expect(next?.isHeld()).toBe(true);
  await Promise.all([other?.release(), next?.release()]);
});

test('a host does not trust a right that it has not renewed for as long as the lease lasts', async () => {
  const { container } = await storage();
  const { singletons, setForward } = host(container);
  const held = await singletons.tryAcquire('nightly', never);
  setForward(LEASE_MS - 1_000);
  expect(held?.isHeld()).toBe(true);
  setForward(LEASE_MS);
  expect(held?.isHeld()).toBe(false);
  await held?.release();
});

test('asking fails when the storage account is out of reach', async () => {
  const { container, child } = await storage();
  const { singletons } = host(container);
  await child.kill();
  await expect(singletons.tryAcquire('nightly', never)).rejects.toThrow('ECONNREFUSED');
});

test("keeps a timer's status where and as Azure's host does", async () => {
  const { container } = await storage();
  await container.create();
  const statuses = new BlobTimerStatuses(container, 'app-1');
  expect(await statuses.read('nightly')).toBeUndefined();
  const at = (time: string): number => Date.parse(`2026-01-01T${time}Z`);
  const fresh = { last: null, next: at('03:00:00'), lastUpdated: at('01:02:03.004') };
  await statuses.write('nightly', fresh);
  expect(await statuses.read('nightly')).toEqual(fresh);
  const blob = container.getBlockBlobClient('timers/app-1/Host.Functions.nightly/status');
  expect(JSON.parse((await blob.downloadToBuffer()).toString())).toEqual({
    Last: '0001-01-01T00:00:00',
    Next: '2026-01-01T03:00:00.000+00:00',
    LastUpdated: '2026-01-01T01:02:03.004+00:00',
  });
  // As .NET writes it.
  const text =
    '{"Last":"2026-01-01T03:00:00.0012345+00:00","Next":"2026-01-02T04:00:00+01:00","LastUpdated":"2026-01-01T03:00:00"}';
  await blob.upload(text, text.length);
  expect(await statuses.read('nightly')).toEqual({
    last: at('03:00:00.001'),
    next: at('03:00:00') + 86_400_000,
    lastUpdated: at('03:00:00'),
  });
  await blob.upload('{}', 2);
  await expect(statuses.read('nightly')).rejects.toThrow(/nightly\/status is not a timer's status/);
});
