import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { BlobServiceClient, type ContainerClient } from '@azure/storage-blob';
import { type Services, startServices } from '../local/supervisor.ts';
import { EVENT_HUBS } from '../shared/azure/layout.ts';
import { logBlobsOf } from '../shared/azure/log-blobs.ts';
import { HOUR_MS } from '../shared/events/log-layout.ts';
import { newCounts, readRange } from '../shared/events/log-reader.ts';
import { localSettings } from '../tools/app-settings.ts';
import { buildApp } from '../tools/build.ts';
import { provision } from '../tools/provision.ts';
import { stackSettings } from '../tools/stack-connection.ts';
import { startHost } from './host-process.ts';
import { type HubSender, startHubCounter, startHubSender } from './hub-clients.ts';
import { machineTime, processorTime } from './processor-time.ts';
import { type BenchReport, ratio } from './report.ts';
import { median } from './rounds.ts';

const EVENTS = 60_000;
const ROUNDS = 3;
/** How often the log's size is asked for, in milliseconds. */
const POLL_MS = 100;
/** After so long without an append, the last was the last: the trigger waits 2 s for a batch to fill. */
const SETTLED_MS = 3_000;
const BOUND_MS = 30_000;
const READ_MS = 10_000;
/** The last batches are not full ones and wait for more events; until here the reader has a backlog. */
const BEHIND_SHARE = 0.9;
/** Of a line, beside its event. */
const LEAST_LINE_BYTES = '{"partition":"0","sequenceNumber":0,"event":}\n'.length;
/** Others may use this share of a core before the report says so. */
const FOREIGN_SHARE = 0.1;

/** One reader's way through the same events. Processor time in milliseconds. */
interface Measured {
  /** Events a second from the first to the last. */
  readonly rate: number;
  /** The same for the first nine tenths. */
  readonly rateBehind: number;
  /** Since the reader was there. */
  readonly seconds: number;
  readonly readerMs: number;
  readonly brokerMs: number;
  readonly storageMs: number;
  readonly foreignShare: number;
}

/** From the hub into Blob: the app in its host, beside a consumer that only counts the same events. */
export async function benchCollect(): Promise<BenchReport> {
  const home = mkdtempSync(join(tmpdir(), 'tollgate-bench-'));
  const settings = await localSettings();
  const model = settings.DEFAULT_MODEL;
  await buildApp();
  const services = await startServices({
    home: join(home, 'stack'),
    eventHubs: EVENT_HUBS,
    log: () => undefined,
  });
  let sender: HubSender | undefined;
  const ours: Measured[] = [];
  const theirs: Measured[] = [];
  const began = Date.now();
  try {
    const { storage, cosmos, eventHubs = '' } = services.endpoints;
    await provision({ storage, cosmos });
    sender = await startHubSender(model);
    const env = {
      ...process.env,
      ...settings,
      ...stackSettings({ storage, cosmos, eventHubs }, model),
      AzureWebJobsStorage: storage,
    };
    const blobs = BlobServiceClient.fromConnectionString(storage);
    const log = blobs.getContainerClient('predictions');
    for (let round = 1; round <= ROUNDS; round++) {
      // The host goes on where it was; the counter starts at this time.
      const since = Date.now();
      const { bytes } = await sender.send({
        connection: eventHubs,
        perSend: 1_000,
        atOnce: 2,
        events: EVENTS,
        fresh: true,
      });
      ours.push(await collected(join(home, 'host'), env, services, log, bytes));
      theirs.push(await counted(eventHubs, since, services));
      console.error(
        `round ${round}/${ROUNDS}: ${ours.at(-1)?.rate.toFixed(0)} events/s, counted only ${theirs.at(-1)?.rate.toFixed(0)}`,
      );
    }
    // What was measured counts only if it is there.
    const counts = newCounts();
    const range = readRange(
      logBlobsOf(blobs, 'predictions', READ_MS),
      model,
      began,
      Date.now() + HOUR_MS,
      counts,
    );
    for await (const line of range) void line;
    if (counts.lines !== EVENTS * ROUNDS) {
      throw new Error(`The log holds ${counts.lines} of ${EVENTS * ROUNDS} events`);
    }
    return report(ours, theirs, counts.duplicates);
  } finally {
    await sender?.stop();
    await services.stop();
    rmSync(home, { recursive: true, force: true });
  }
}

/** A host with the app, from its start until the log has all events. @param eventBytes the events' own size */
async function collected(
  state: string,
  env: Record<string, string | undefined>,
  services: Services,
  log: ContainerClient,
  eventBytes: number,
): Promise<Measured> {
  const before = await sizeOf(log);
  const host = await startHost(resolve(import.meta.dirname, '..'), state, env);
  try {
    const usage = measureUsage(host.pid, services);
    const least = before + eventBytes + EVENTS * LEAST_LINE_BYTES;
    const growth: { readonly at: number; readonly size: number }[] = [];
    let [size, last, end] = [before, usage.started, usage.end()];
    while (size < least || performance.now() - last < SETTLED_MS) {
      await wait(POLL_MS);
      const now = await sizeOf(log);
      if (now > size) {
        [size, last, end] = [now, performance.now(), usage.end()];
        growth.push({ at: last, size });
      } else if (performance.now() - last > BOUND_MS) {
        throw new Error(`Only ${size - before} bytes were logged`);
      }
    }
    // What the first append brought was received before the clock started.
    const first = growth[0] ?? { at: usage.started, size: before };
    const rateUntil = (reached: { readonly at: number; readonly size: number }) =>
      ((EVENTS * (reached.size - first.size)) / (size - before) / (reached.at - first.at)) * 1_000;
    const enough = before + (size - before) * BEHIND_SHARE;
    return {
      ...end,
      rate: rateUntil({ at: last, size }),
      rateBehind: rateUntil(growth.find((point) => point.size >= enough) ?? first),
    };
  } finally {
    await host.stop();
  }
}

async function counted(connection: string, since: number, services: Services): Promise<Measured> {
  const counter = await startHubCounter(connection, since);
  try {
    const usage = measureUsage(counter.pid, services);
    const { seconds } = await counter.count(EVENTS);
    const rate = EVENTS / seconds;
    return { ...usage.end(), rate, rateBehind: rate };
  } finally {
    await counter.stop();
  }
}

/** Time, and processor time of the processes that take part, from now on. */
function measureUsage(reader: number, { endpoints }: Services) {
  const { eventHubs = 0, storage = 0 } = endpoints.processes;
  const used = () => [reader, eventHubs, storage, process.pid].map(processorTime);
  const [before, allBefore, started] = [used(), machineTime(), performance.now()];
  return {
    started,
    end: () => {
      const [readerMs = 0, brokerMs = 0, storageMs = 0, ownMs = 0] = used().map(
        (ms, index) => ms - (before[index] ?? 0),
      );
      const took = performance.now() - started;
      const foreign = machineTime() - allBefore - readerMs - brokerMs - storageMs - ownMs;
      const foreignShare = Math.max(0, foreign) / took;
      return { seconds: took / 1_000, readerMs, brokerMs, storageMs, foreignShare };
    },
  };
}

async function sizeOf(container: ContainerClient): Promise<number> {
  let size = 0;
  for await (const { properties } of container.listBlobsFlat()) size += properties.contentLength ?? 0;
  return size;
}

function report(ours: readonly Measured[], theirs: readonly Measured[], duplicates: number): BenchReport {
  const noisiest = Math.max(...[...ours, ...theirs].map(({ foreignShare }) => foreignShare));
  const of = (rounds: readonly Measured[], value: (one: Measured) => number) => median(rounds.map(value));
  const rate = (rounds: readonly Measured[]) => of(rounds, (one) => one.rate);
  const row = (name: string, rounds: readonly Measured[]) => {
    const perEvent = (value: (one: Measured) => number) => (of(rounds, value) * 1_000) / EVENTS;
    return [
      name,
      rate(rounds),
      of(rounds, ({ rateBehind }) => rateBehind),
      of(rounds, ({ seconds }) => seconds),
      perEvent(({ readerMs }) => readerMs),
      perEvent(({ brokerMs }) => brokerMs),
      perEvent(({ storageMs }) => storageMs),
      ratio(rate(rounds), rate(theirs)),
    ];
  };
  return {
    name: 'collect',
    columns: [
      'reader',
      'events/s',
      'events/s, first 9/10',
      's until the last',
      'CPU µs/event',
      'broker CPU µs/event',
      'storage CPU µs/event',
      'to counting only',
    ],
    rows: [row('Tollgate, into Blob', ours), row('bare consumer, only counts', theirs)],
    notes: [
      `medians of ${ROUNDS} rounds, in turn, over the same ${EVENTS.toLocaleString('en')} events of about 1.1 KB; events/s from the first appended line (event) to the last`,
      'the last batches of the partitions are not full and wait 2 s for more, so the first nine tenths show the pace of a backlog',
      `storage CPU includes a listing every ${POLL_MS} ms, by which the appends are seen`,
      'CPU and seconds until the last count from the moment that the host (consumer) is ready',
      `each event is in the log; ${duplicates} lines are there twice`,
      ...(noisiest > FOREIGN_SHARE
        ? [`other processes used up to ${Math.round(noisiest * 100)} % of a core`]
        : []),
    ],
  };
}
