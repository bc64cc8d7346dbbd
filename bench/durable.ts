import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { z } from 'zod';
import { type Stack, startStack } from '../local/supervisor.ts';
import { processorTime, residentMemory } from './processor-time.ts';
import { type BenchReport, ratio } from './report.ts';

const ORCHESTRATIONS = 1_000;
const ACTIVITIES = 5;
const CONNECTIONS = 32;
const WAITING = 1_000;
const IDLE_MS = 10_000;
const POLL_MS = 20;
const API = 'runtime/webhooks/durabletask';

const numbers = z.array(z.number());
const listed = z.array(z.object({ instanceId: z.string() }));

interface Load {
  readonly seconds: number;
  readonly cpuMs: number;
  /** Of the gaps from an activity to the next one of its instance, milliseconds. */
  readonly p50: number;
  readonly p99: number;
}

/** The task hub: 1,000 orchestrations of 5 activities, beside the same calls over plain HTTP, and what waiting ones cost. */
export async function benchDurable(): Promise<BenchReport> {
  const home = mkdtempSync(join(tmpdir(), 'tollgate-bench-'));
  const stack = await startStack({
    home,
    port: 0,
    app: join(import.meta.dirname, 'durable-app'),
    env: process.env,
    log: () => undefined,
  });
  try {
    return await measured(stack);
  } finally {
    await stack.stop();
    rmSync(home, { recursive: true, force: true });
  }
}

async function measured(stack: Stack): Promise<BenchReport> {
  const host = stack.endpoints.processes.host?.[0] ?? 0;
  const url = stack.endpoints.http;
  const calls = ORCHESTRATIONS * ACTIVITIES;
  await orchestrations(url, host, 'chain', 'warm', 50);
  await plainCalls(url, host, 500);
  const before = residentMemory(host);

  const one = await orchestrations(url, host, 'chain', 'single', 20, 1);
  const plain = await plainCalls(url, host, calls);
  const chains = await orchestrations(url, host, 'chain', 'chain', ORCHESTRATIONS);
  const fans = await orchestrations(url, host, 'fanOut', 'fan', ORCHESTRATIONS);
  const after = residentMemory(host);
  const idle = await idleShares(stack, url);

  const row = (name: string, count: number, load: Load) => [
    name,
    count / load.seconds,
    Number.isNaN(load.p50) ? '' : load.p50,
    Number.isNaN(load.p99) ? '' : load.p99,
    (load.cpuMs * 1_000) / count,
    ratio(count / load.seconds, calls / plain.seconds),
  ];
  const percent = (share: number) => `${(share * 100).toFixed(2)} %`;
  return {
    name: 'durable',
    columns: ['load', 'activities/s', 'turn p50 ms', 'turn p99 ms', 'host CPU µs/activity', 'to plain HTTP'],
    rows: [
      [
        'the same function over plain HTTP',
        calls / plain.seconds,
        '',
        '',
        (plain.cpuMs * 1_000) / calls,
        '1.00 ×',
      ],
      row(`${ORCHESTRATIONS} chains of ${ACTIVITIES} at a time`, calls, chains),
      // Activities of a fan follow each other without a turn between them.
      row(`${ORCHESTRATIONS} fans of ${ACTIVITIES} at a time`, calls, { ...fans, p50: NaN, p99: NaN }),
      row(`chains of ${ACTIVITIES}, one at a time`, 20 * ACTIVITIES, one),
    ],
    notes: [
      'a turn: from the end of an activity to the start of the next one of its instance, with all its writes; at a time, it also waits for the others',
      `memory of the host: ${before.toFixed(0)} MiB before, ${after.toFixed(0)} MiB after ${2 * ORCHESTRATIONS} orchestrations`,
      `idle with ${WAITING} waiting orchestrations, over ${IDLE_MS / 1_000} s: host ${percent(idle.host)} of a core, whole stack ${percent(idle.all)}; goal: under 2 %`,
      'goal: 1,000 activities/s on two cores, of which the client that starts them uses a part',
    ],
  };
}

/** Runs orchestrations, all started as fast as the API takes them, and waits for the end of the last. */
async function orchestrations(
  url: string,
  host: number,
  name: string,
  prefix: string,
  count: number,
  atOnce = count,
): Promise<Load> {
  await gaps(url);
  const [cpu, started] = [processorTime(host), performance.now()];
  for (let first = 0; first < count; first += atOnce) {
    const ids = Array.from(
      { length: Math.min(atOnce, count - first) },
      (_, index) => `${prefix}-${first + index}`,
    );
    await concurrently(ids, (id) => posted(`${url}/${API}/orchestrators/${name}/${id}`, {}, 202));
    await untilEnded(url);
  }
  const [seconds, cpuMs] = [(performance.now() - started) / 1_000, processorTime(host) - cpu];
  const sorted = (await gaps(url)).toSorted((a, b) => a - b);
  const quantile = (share: number) => sorted[Math.floor(sorted.length * share)] ?? Number.NaN;
  return { seconds, cpuMs, p50: quantile(0.5), p99: quantile(0.99) };
}

async function plainCalls(
  url: string,
  host: number,
  count: number,
): Promise<{ seconds: number; cpuMs: number }> {
  const [cpu, started] = [processorTime(host), performance.now()];
  const bodies = Array.from({ length: count }, (_, step) => ({ instance: `plain-${step}`, step }));
  await concurrently(bodies, (body) => posted(`${url}/work`, body, 200));
  return { seconds: (performance.now() - started) / 1_000, cpuMs: processorTime(host) - cpu };
}

/** Shares of a core that the host and all processes of the stack use while orchestrations only wait. */
async function idleShares(stack: Stack, url: string): Promise<{ host: number; all: number }> {
  const ids = Array.from({ length: WAITING }, (_, index) => `waiter-${index}`);
  await concurrently(ids, (id) => posted(`${url}/${API}/orchestrators/waiter/${id}`, {}, 202));
  while (Number(await got(`${url}/waiting`)) < WAITING) await wait(POLL_MS);
  await wait(1_000); // the last turns are written
  const { supervisor, host = [], storage = 0, cosmos = 0 } = stack.endpoints.processes;
  const pids = [...new Set([...host, storage, cosmos, supervisor])].filter(
    (pid) => pid > 0 && pid !== process.pid,
  );
  const before = pids.map(processorTime);
  await wait(IDLE_MS);
  const used = pids.map((pid, index) => (processorTime(pid) - (before[index] ?? 0)) / IDLE_MS);
  return { host: used[0] ?? Number.NaN, all: used.reduce((sum, share) => sum + share, 0) };
}

async function untilEnded(url: string): Promise<void> {
  const query = 'runtimeStatus=Pending,Running&showInput=false&top=1';
  while (listed.parse(await got(`${url}/${API}/instances?${query}`)).length > 0) await wait(POLL_MS);
}

async function gaps(url: string): Promise<number[]> {
  return numbers.parse(await got(`${url}/gaps`));
}

async function concurrently<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  const rest = items[Symbol.iterator]();
  const worker = async (): Promise<void> => {
    for (const item of rest) await work(item);
  };
  await Promise.all(Array.from({ length: CONNECTIONS }, worker));
}

async function posted(url: string, body: object, status: number): Promise<void> {
  const headers = { 'content-type': 'application/json' };
  const response = await fetch(url, { method: 'POST', headers, body: JSON.stringify(body) });
  await response.arrayBuffer();
  if (response.status !== status) throw new Error(`${url} was answered ${response.status}`);
}

async function got(url: string): Promise<unknown> {
  const response = await fetch(url);
  if (response.status !== 200) throw new Error(`${url} was answered ${response.status}`);
  return response.json();
}
