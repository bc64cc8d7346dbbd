import { mkdirSync } from 'node:fs';
import { enableCompileCache } from 'node:module';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { z } from 'zod';
import { endWithSupervisor, reportReady } from './child-protocol.ts';
import { portOrAny } from './listen.ts';
import { waitForLock } from './lock.ts';
import { createServices } from './storage/azurite.ts';
import { makeDurable } from './storage/durable-loki.ts';
import { forgiveSweep } from './storage/forgiving-sweep.ts';

/**
 * The process that serves Blob, Queue and Table:
 * `node storage-server.ts --folder DIR [--blob PORT] [--queue PORT] [--table PORT] [--journal BYTES]`.
 * A journal that has become longer than so many bytes is folded into a new snapshot.
 */

const port = z.coerce.number().int().min(0).max(65_535).default(0);
const journalLength = z.coerce
  .number()
  .positive()
  .default(4 * 1024 * 1024);
const parameters = z.object({
  folder: z.string(),
  blob: port,
  queue: port,
  table: port,
  journal: journalLength,
});
const { folder, journal, ...preferred } = parameters.parse(
  parseArgs({
    options: {
      folder: { type: 'string' },
      blob: { type: 'string' },
      queue: { type: 'string' },
      table: { type: 'string' },
      journal: { type: 'string' },
    },
  }).values,
);

let close = (): Promise<void> => Promise.resolve();
endWithSupervisor(() => close());

mkdirSync(folder, { recursive: true });
// An orphan of a killed stack may still be saving.
await waitForLock(join(folder, 'lock.db'), 10_000);
// Most of the start is the loading of Azurite's modules; the cache takes a third off.
enableCompileCache();
const services = createServices(folder, {
  blob: await portOrAny(preferred.blob),
  queue: await portOrAny(preferred.queue),
  table: await portOrAny(preferred.table),
});
const running = Object.values(services);
for (const service of running) {
  const { metadataStore, extentMetadataStore } = service;
  makeDurable(metadataStore, journal);
  if (extentMetadataStore !== undefined) makeDurable(extentMetadataStore, journal);
  forgiveSweep(service, (error) => {
    console.warn('The search for payloads without a blob failed, and is tried again in ten minutes:', error);
  });
}
await Promise.all(running.map((service) => service.start()));
close = async () => {
  await Promise.all(running.map((service) => service.close()));
};
reportReady({
  ports: {
    blob: portOf(services.blob.getHttpServerAddress()),
    queue: portOf(services.queue.getHttpServerAddress()),
    table: portOf(services.table.getHttpServerAddress()),
  },
});

function portOf(address: string): number {
  return Number(new URL(address).port);
}
