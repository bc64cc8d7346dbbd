import { parentPort, workerData } from 'node:worker_threads';
import { z } from 'zod';
import { HostTable } from './host-table.ts';
import { HubDatabase } from './hub-database.ts';

// A thread of a host's process. It renews the lease, also while an activity computes for a minute and nothing else in
// the process moves, and gives back what dead hosts had.

/** Between two renewals, in milliseconds. */
const BEAT_EVERY = 2_000;
/** How soon a death is noticed, in milliseconds. */
const LOOK_EVERY = 500;

const { file, name } = z.object({ file: z.string(), name: z.string() }).parse(workerData);
const database = new HubDatabase(file);
const hosts = new HostTable(database, file);
let nextBeat = 0;

const timer = setInterval(() => {
  const now = Date.now();
  if (now >= nextBeat) {
    hosts.beat(name, now);
    nextBeat = now + BEAT_EVERY;
  }
  hosts.bury(name, now);
}, LOOK_EVERY);

parentPort?.once('message', () => {
  clearInterval(timer);
  database.close();
});
