import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { z } from 'zod';
import { readRange } from '../../../shared/events/log-reader.ts';
import { type Answer, HttpSender } from '../../../tools/http-sender.ts';
import { loadGenerator } from '../../../tools/row-generator.ts';
import { generatedRows } from '../../../tools/simulated-rows.ts';
import { type AppStack, DEFAULT_MODEL, startAppStack } from '../../fixtures/app-stack.ts';
import { bodyOf } from '../../fixtures/http.ts';

/** No caller waits longer than this, whatever is frozen. Milliseconds. */
const PATIENCE = 10_000;
/** A spill is sent again every 30 s. */
const ON_RECORD = { timeout: 60_000, interval: 500 };
const RECOVERED = { timeout: 20_000, interval: 100 };
const CONNECTIONS = 32;
/** Of each connection, between an answer and the next request: three kills shall fall into one run of traffic. */
const PAUSE_MS = 40;

type Service = 'storage' | 'cosmos' | 'eventHubs';

let home: string;
let running: AppStack;
beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'tollgate-log-'));
  running = await startAppStack({}, home);
}, 120_000);
afterAll(async () => {
  await running.stop();
  await rm(home, { recursive: true, force: true });
});

function pidOf(service: Service): number {
  const pid = running.stack.endpoints.processes[service];
  if (pid === undefined) throw new Error(`${service} does not run`);
  return pid;
}

/** Kills a service, and waits until the supervisor has brought it back. */
async function kill(service: Service): Promise<void> {
  const pid = pidOf(service);
  process.kill(pid, 'SIGKILL');
  await expect.poll(() => pidOf(service), RECOVERED).not.toBe(pid);
}

/** Stops services as a debugger would: their sockets accept, and nothing answers. */
function freeze(...services: readonly Service[]): { thaw: () => void } {
  const frozen = services.map(pidOf);
  for (const pid of frozen) process.kill(pid, 'SIGSTOP');
  const thaw = () => {
    for (const pid of frozen.splice(0)) process.kill(pid, 'SIGCONT');
  };
  onTestFinished(thaw);
  return { thaw };
}

async function transactions(seed: number): Promise<Iterator<Record<string, unknown>>> {
  const generator = await loadGenerator(DEFAULT_MODEL);
  if (generator === undefined) throw new Error('The model has no generator');
  return generatedRows(generator, 'is_fraud', { seed }, 5_000, Date.now());
}

/** Requests over many connections until told to stop; none is sent twice. */
async function traffic(seed: number) {
  const rows = await transactions(seed);
  const from = Date.now();
  const sender = new HttpSender(new URL('/api/score', running.url), CONNECTIONS);
  const answers: Answer[] = [];
  let on = true;
  const connection = async () => {
    while (on) {
      answers.push(await sender.post(JSON.stringify({ transaction: rows.next().value })));
      await wait(PAUSE_MS);
    }
  };
  const loops = Promise.all(Array.from({ length: CONNECTIONS }, connection));
  const flows = async (more: number) => {
    const before = answers.length;
    await expect.poll(() => answers.length, RECOVERED).toBeGreaterThan(before + more);
  };
  const stop = async () => {
    on = false;
    await loops;
    sender.close();
    return { answers, from, to: Date.now() + 1 };
  };
  return { flows, stop };
}

const idSchema = z.object({ predictionId: z.string() });

function idsOf(answers: readonly Answer[]): string[] {
  const answered = answers.flatMap((answer) =>
    'failure' in answer || answer.status !== 200
      ? []
      : [idSchema.parse(JSON.parse(answer.body)).predictionId],
  );
  return answered.toSorted();
}

function kindsOf(answers: readonly Answer[]): Set<string> {
  return new Set(answers.map((answer) => ('failure' in answer ? answer.failure : String(answer.status))));
}

/** The ids of a time on record, in order. */
async function logged(from: number, to: number): Promise<string[]> {
  const ids: string[] = [];
  for await (const { event } of readRange(running.app.predictions, DEFAULT_MODEL, from, to))
    ids.push(event.id);
  return ids.toSorted();
}

interface Scored {
  readonly status: number;
  readonly retryAfter: string | null;
  readonly predictionId?: string;
  readonly warnings?: readonly string[];
  readonly ms: number;
}

const TRANSACTION = {
  transaction_ts: '2026-03-02T03:14:00Z',
  customer_id: 'C42',
  amount: 912.5,
  currency: 'CAD',
  merchant_category: 'electronics',
};

/** One request, which has to be answered within the patience of a caller. */
async function score(): Promise<Scored> {
  const before = performance.now();
  const response = await fetch(`${running.url}/api/score`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ transaction: TRANSACTION }),
    signal: AbortSignal.timeout(PATIENCE),
  });
  const body = await bodyOf(response);
  const ms = performance.now() - before;
  return { ...body, status: response.status, retryAfter: response.headers.get('retry-after'), ms };
}

/** The first answer of a process that is just being started: until it listens there is nobody to answer. */
async function firstScore(): Promise<Scored> {
  for (;;) {
    try {
      return await score();
    } catch (error) {
      if (error instanceof DOMException) throw error; // not answered in time
      await wait(50);
    }
  }
}

/** The status of a read route, which has to answer within the same time. */
async function get(path: string): Promise<number> {
  const response = await fetch(`${running.url}/api/${path}`, { signal: AbortSignal.timeout(PATIENCE) });
  await response.arrayBuffer();
  return response.status;
}

describe('the log while services die', () => {
  it('has exactly the predictions that were answered, and every request is answered 200', async () => {
    const { flows, stop } = await traffic(11);
    await flows(600);
    for (const service of ['eventHubs', 'storage', 'cosmos'] as const) {
      await kill(service);
      await flows(600);
    }
    const { answers, from, to } = await stop();
    expect(kindsOf(answers)).toEqual(new Set(['200']));
    expect(answers.length).toBeGreaterThan(2_400);
    const answered = idsOf(answers);
    expect(new Set(answered).size).toBe(answers.length);
    await expect.poll(async () => (await logged(from, to)).length, ON_RECORD).toBe(answered.length);
    expect(await logged(from, to)).toEqual(answered);
  }, 120_000);
});

describe('while services are frozen', () => {
  it('a strict log refuses predictions within a bound, sooner once the broker is known to be away, and recovers by itself', async () => {
    const { thaw } = freeze('eventHubs', 'storage');
    const first = await score();
    expect(first).toMatchObject({ status: 503, retryAfter: '1' });
    expect(first.ms).toBeLessThan(4_500);
    const second = await score();
    expect(second).toMatchObject({ status: 503, retryAfter: '1' });
    // The broker's second is not waited for again.
    expect(second.ms).toBeLessThan(2_400);
    const many = await Promise.all(Array.from({ length: 100 }, score));
    expect(new Set(many.map(({ status }) => status))).toEqual(new Set([503]));
    thaw();
    await expect.poll(async () => (await score()).status, RECOVERED).toBe(200);
  });

  it('a lookup in the log answers 503 in time, and again the prediction when that can be read', async () => {
    const { predictionId } = await score();
    await expect.poll(() => get(`models/fraud/predictions/${predictionId}`), ON_RECORD).toBe(200);
    const { thaw } = freeze('eventHubs', 'storage');
    expect(await get(`models/fraud/predictions/${predictionId}`)).toBe(503);
    expect(await get('models/fraud/versions')).toBe(200);
    thaw();
    await expect.poll(() => get(`models/fraud/predictions/${predictionId}`), RECOVERED).toBe(200);
  });

  it.each([
    { frozen: ['eventHubs'], status: 200 },
    { frozen: ['storage'], status: 503 },
    { frozen: ['eventHubs', 'storage', 'cosmos'], status: 503 },
  ] as const)(
    'a fresh worker answers $status while $frozen are, and then recovers',
    async ({ frozen, status }) => {
      const { thaw } = freeze(...frozen);
      for (const pid of running.stack.endpoints.processes.host ?? []) process.kill(pid, 'SIGKILL');
      const answers = await Promise.all(Array.from({ length: 5 }, firstScore));
      expect(new Set(answers.map((answer) => answer.status))).toEqual(new Set([status]));
      expect(await get('health/live')).toBe(200);
      expect([200, 503]).toContain(await get('models'));
      thaw();
      await expect.poll(async () => (await score()).status, RECOVERED).toBe(200);
    },
  );
});

describe('after a stop during traffic', () => {
  it('every prediction that was answered is on record when the stack is back', async () => {
    const { flows, stop } = await traffic(12);
    await flows(300);
    await running.stop();
    const { answers, from, to } = await stop();
    running = await startAppStack({ PREDICTION_LOG: 'lenient' }, home);
    const answered = idsOf(answers);
    expect(answered.length).toBeGreaterThan(300);
    const missing = async () => {
      const found = new Set(await logged(from, to));
      return answered.filter((id) => !found.has(id));
    };
    await expect.poll(missing, ON_RECORD).toEqual([]);
  }, 120_000);
});

describe('a lenient log', () => {
  it('gives out what cannot be put on record with a warning, and recovers by itself', async () => {
    await score();
    const { thaw } = freeze('eventHubs', 'storage');
    const first = await score();
    expect(first.status).toBe(200);
    expect(first.warnings?.join()).toContain('on record');
    expect(first.ms).toBeLessThan(4_500);
    const many = await Promise.all(Array.from({ length: 50 }, score));
    for (const { status, warnings } of many) {
      expect(status).toBe(200);
      expect(warnings?.join()).toContain('on record');
    }
    thaw();
    await expect
      .poll(async () => ((await score()).warnings ?? []).join(), RECOVERED)
      .not.toContain('on record');
  });
});

describe('npm run simulate', () => {
  it('gets every transaction answered and finds all of them on record', async () => {
    const file = join(home, 'record.jsonl');
    const from = Date.now();
    const args = ['tools/simulate.ts', '--count', '200', '--url', running.url, '--record', file];
    const code = await new Promise((done) => {
      const child = execFile(process.execPath, args, { cwd: resolve(import.meta.dirname, '../../..') }, () =>
        done(child.exitCode),
      );
    });
    expect(code).toBe(0);
    const lines = (await readFile(file, 'utf8')).trimEnd().split('\n');
    const answered: string[] = lines.map((line) => idSchema.parse(JSON.parse(line)).predictionId).toSorted();
    expect(new Set(answered).size).toBe(200);
    const to = Date.now() + 1;
    await expect.poll(() => logged(from, to), ON_RECORD).toEqual(answered);
  }, 90_000);
});
