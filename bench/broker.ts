import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EVENT_HUBS } from '../shared/azure/layout.ts';
import { localSettings } from '../tools/app-settings.ts';
import { startBroker } from './host-process.ts';
import { startBareHub, startHubCounter, startHubSender } from './hub-clients.ts';
import { type BenchReport, ratio } from './report.ts';
import { interleaved, median, type Round, type Variant } from './rounds.ts';

const ROUNDS = 3;
const SECONDS = 1.2;

/** What the log sends at 32 connections, one after the other and as from several workers, and for bodies of 1,000 rows. */
const SENDS = [
  { name: '14 events a send, 1 under way', perSend: 14, atOnce: 1 },
  { name: '14 events a send, 4 under way', perSend: 14, atOnce: 4 },
  { name: 'sends of 250 KB, 2 under way', perSend: 1_000, atOnce: 2 },
] as const;

interface Measured {
  readonly events: number;
  readonly eventsASend: number;
  /** Until the last event was acknowledged, and received where somebody receives. */
  readonly seconds: number;
  readonly p50: number;
  readonly p99: number;
}

/** The broker alone, its client the real SDK, beside a server that only accepts what it is sent. */
export async function benchBroker(): Promise<BenchReport> {
  const home = mkdtempSync(join(tmpdir(), 'tollgate-bench-'));
  const hub = EVENT_HUBS.map(({ name, partitions }) => `${name}:${partitions}`)[0] ?? '';
  const { DEFAULT_MODEL } = await localSettings();
  // Two brokers, so that the one with a consumer does not deliver what only the other is to keep.
  const [alone, read, bare, sender] = await Promise.all([
    startBroker(join(home, 'alone'), hub),
    startBroker(join(home, 'read'), hub),
    startBareHub(),
    startHubSender(DEFAULT_MODEL),
  ]);
  const counter = await startHubCounter(read.connection);
  const servers = [
    { name: 'Tollgate, nobody reads', ...alone, pids: [alone.pid, sender.pid], counter: undefined },
    { name: 'Tollgate, one consumer', ...read, pids: [read.pid, sender.pid, counter.pid], counter },
    { name: 'bare rhea, only accepts', ...bare, pids: [bare.pid, sender.pid], counter: undefined },
  ];
  const rows: (string | number)[][] = [];
  try {
    for (const { name, perSend, atOnce } of SENDS) {
      const variants = servers.map((server): Variant<Measured> => {
        const { connection, pids } = server;
        const measure = async () => {
          const started = performance.now();
          const sent = await sender.send({ connection, perSend, atOnce, seconds: SECONDS });
          await server.counter?.count(sent.events);
          const seconds = (performance.now() - started) / 1_000;
          const { events, sends, p50, p99 } = sent;
          return { events, eventsASend: events / sends, seconds, p50, p99 };
        };
        return { name: `${name}, ${server.name}`, pids, measure };
      });
      for (const { measure } of variants) await measure(); // warm up
      const found = [...(await interleaved(variants, ROUNDS)).values()].map(summary);
      const bound = found.at(-1);
      if (bound === undefined) continue;
      for (const [index, one] of found.entries()) {
        rows.push([
          perSend > 14 ? `${name} (${Math.round(one.eventsASend)} events)` : name,
          servers[index]?.name ?? '',
          one.rate,
          one.p50,
          one.p99,
          one.cpu,
          one.senderCpu,
          ratio(one.rate, bound.rate),
        ]);
      }
    }
  } finally {
    await Promise.all([sender, counter].map(({ stop }) => stop()));
    await Promise.all([alone, read, bare].map(({ stop }) => stop()));
    rmSync(home, { recursive: true, force: true });
  }
  return {
    name: 'broker',
    columns: [
      'load',
      'server',
      'events/s',
      'ack p50 ms',
      'ack p99 ms',
      'CPU µs/event',
      'sender CPU µs/event',
      'to bare',
    ],
    rows,
    notes: [
      `medians of ${ROUNDS} interleaved rounds of ${SECONDS} s; prediction events of about 1.1 KB`,
      'CPU is the server process alone, of two cores that it shares with the sender and the consumer; acknowledged means on disk',
    ],
  };
}

function summary(rounds: readonly Round<Measured>[]) {
  const of = (value: (round: Round<Measured>) => number) => median(rounds.map(value));
  const perEvent = (index: number) =>
    of(({ result, cpuMs }) => ((cpuMs[index] ?? Number.NaN) * 1_000) / result.events);
  return {
    rate: of(({ result }) => result.events / result.seconds),
    eventsASend: of(({ result }) => result.eventsASend),
    p50: of(({ result }) => result.p50),
    p99: of(({ result }) => result.p99),
    cpu: perEvent(0),
    senderCpu: perEvent(1),
  };
}
