import { createRequire } from 'node:module';
import { expect, it } from 'vitest';
import { z } from 'zod';
import { forgiveSweep } from '../../../../local/storage/forgiving-sweep.ts';

interface Manager {
  markSweep(): Promise<void>;
  start(): Promise<void>;
  close(): Promise<void>;
}

const require = createRequire(import.meta.url);
const exported: unknown = require('azurite/dist/src/blob/gc/BlobGCManager.js');
const { default: BlobGCManager } = z
  .object({
    default: z.custom<new (...parameters: readonly unknown[]) => Manager>(
      (value) => typeof value === 'function',
    ),
  })
  .parse(exported);

/** Azurite's own manager, on stores whose search fails. */
function failingManager(closed: (error: unknown) => void): Manager {
  const store = {
    isInitialized: () => true,
    iteratorExtents: () => ({ next: () => Promise.reject(new Error('no such extent')) }),
  };
  const logger = { info: () => undefined, error: () => undefined };
  return new BlobGCManager(store, store, store, closed, logger);
}

it("keeps Azurite's service open when the search for unused payloads fails, and says so", async () => {
  const told = Promise.withResolvers<unknown>();
  const closings: unknown[] = [];
  const gcManager = failingManager((error) => closings.push(error));
  forgiveSweep({ gcManager }, told.resolve);
  await gcManager.start();
  expect(await told.promise).toMatchObject({ message: 'no such extent' });
  await gcManager.close();
  expect(closings).toEqual([]);
});

it('closes it without that', async () => {
  const closed = Promise.withResolvers<unknown>();
  await failingManager(closed.resolve).start();
  expect(await closed.promise).toMatchObject({ message: 'no such extent' });
});
