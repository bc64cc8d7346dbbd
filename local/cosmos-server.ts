import { mkdirSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { z } from 'zod';
import { endWithSupervisor, reportReady } from './child-protocol.ts';
import { DurableAccount } from './cosmos/durable-account.ts';
import { EmulatedAccount } from './cosmos/emulator.ts';
import { removeExpired } from './cosmos/expiry.ts';
import { cosmosListener } from './cosmos/request-listener.ts';
import { LOOPBACK, portOrAny } from './listen.ts';
import { waitForLock } from './lock.ts';

/**
 * The process that serves Cosmos DB: `node cosmos-server.ts --folder DIR [--port PORT] [--journal BYTES]`.
 * A journal that has become longer than so many bytes is folded into a new snapshot.
 */

const port = z.coerce.number().int().min(0).max(65_535).default(0);
const journalLength = z.coerce
  .number()
  .positive()
  .default(4 * 1024 * 1024);
const {
  folder,
  port: preferred,
  journal,
} = z.object({ folder: z.string(), port, journal: journalLength }).parse(
  parseArgs({
    options: { folder: { type: 'string' }, port: { type: 'string' }, journal: { type: 'string' } },
  }).values,
);

const EXPIRY_EVERY_MS = 5_000;

let close = (): Promise<void> => Promise.resolve();
endWithSupervisor(() => close());

mkdirSync(folder, { recursive: true });
// An orphan of a killed stack may still be saving.
await waitForLock(join(folder, 'lock.db'), 10_000);
const account = new EmulatedAccount(LOOPBACK, 0);
const durable = await DurableAccount.open(join(folder, 'account.jsonl'), account, journal);

const server = createServer(
  cosmosListener(account, endpoint, () => {
    if (!durable.hasLongJournal) return;
    durable.save().catch((error: unknown) => {
      // What it can't keep it must not acknowledge; the journal has all until here.
      console.error('could not save:', error);
      process.exit(1);
    });
  }),
);
server.keepAliveTimeout = 60_000;
setInterval(() => removeExpired(account, Math.floor(Date.now() / 1_000)), EXPIRY_EVERY_MS).unref();
close = async () => {
  server.close();
  server.closeIdleConnections();
  await durable.close();
};
server.on('error', (error) => {
  throw error;
});
server.listen(await portOrAny(preferred), LOOPBACK, () => reportReady({ port: boundPort() }));

function boundPort(): number {
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the server has no port');
  return address.port;
}

function endpoint(): string {
  return `http://${LOOPBACK}:${String(boundPort())}/`;
}
