import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { json } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { type Stack, startStack } from '../../../local/supervisor.ts';
import { fixture } from '../host/host-process.ts';

const app = fixture('timer-app');
const keys = z.object({ functionKeys: z.record(z.string(), z.object({ default: z.string() })) });
const endpoints = z.object({ processes: z.object({ host: z.array(z.number()) }) });

let home: string;
let stack: Stack;
let key: string;
const lines: string[] = [];

beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'tollgate-'));
  await writeFile(runsFile(), '');
  stack = await startStack({
    home,
    port: 0,
    app,
    instances: 3,
    auth: true,
    env: { RUNS_FILE: runsFile() },
    log: (service, line) => void lines.push(`${service}: ${line}`),
  });
  const stored = keys.parse(JSON.parse(await readFile(join(home, 'host', 'keys.json'), 'utf8')));
  key = stored.functionKeys['process']?.default ?? '';
});
afterAll(async () => {
  await stack.stop();
  await rm(home, { recursive: true, force: true });
});

function runsFile(): string {
  return join(home, 'runs');
}

async function runs(): Promise<{ processId: number; at: number }[]> {
  const text = await readFile(runsFile(), 'utf8');
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => {
      const [processId, at] = line.split(' ');
      return { processId: Number(processId), at: Number(at) };
    });
}

/** The process that answers on a connection of its own. */
async function answeredBy(): Promise<number> {
  const options = { agent: false, headers: { 'x-functions-key': key } };
  const body: unknown = await new Promise((resolve, reject) => {
    const sent = request(`${stack.endpoints.http}/process`, options, (reply) => resolve(json(reply)));
    sent.on('error', reject).end();
  });
  return z.object({ id: z.number() }).parse(body).id;
}

/** Those who answer, each at least once. */
async function untilAnsweredBy(processIds: readonly number[]): Promise<number[]> {
  const seen = new Set<number>();
  while (!processIds.every((id) => seen.has(id))) seen.add(await answeredBy());
  return [...seen];
}

async function hostsOnFile(): Promise<number[]> {
  return endpoints.parse(JSON.parse(await readFile(join(home, 'endpoints.json'), 'utf8'))).processes.host;
}

function isThere(processId: number): boolean {
  try {
    return process.kill(processId, 0);
  } catch {
    return false;
  }
}

const byNumber = (a: number, b: number): number => a - b;

describe('three hosts', () => {
  it('answer on one port, with the same keys, and log under names of their own', async () => {
    const hosts = stack.endpoints.processes.host ?? [];
    expect(new Set(hosts).size).toBe(3);
    expect((await untilAnsweredBy(hosts)).toSorted(byNumber)).toEqual(hosts.toSorted(byNumber));
    const names = new Set(lines.map((line) => line.split(':', 1)[0]));
    for (const name of ['host-1', 'host-2', 'host-3']) expect(names).toContain(name);
  });

  it('run a timer once for each occurrence', async () => {
    const before = Date.now();
    await expect.poll(async () => (await runs()).length, { timeout: 15_000 }).toBeGreaterThan(4);
    const after = await runs();
    expect(new Set(after.map(({ processId }) => processId)).size).toBe(1);
    const since = after.filter(({ at }) => at >= before);
    const occurrences = Math.floor(Date.now() / 1_000) - Math.floor(before / 1_000);
    expect(since.length).toBeLessThanOrEqual(occurrences + 1);
  });

  it(
    'go on serving when one is killed, which comes back, and another one takes its timer over',
    { timeout: 60_000 },
    async () => {
      const before = [...(stack.endpoints.processes.host ?? [])];
      const killed = (await runs()).at(-1)?.processId ?? 0;
      process.kill(killed, 'SIGKILL');
      await expect.poll(() => isThere(killed), { interval: 5 }).toBe(false);
      const meanwhile = new Set<number>();
      while ((await hostsOnFile()).includes(killed)) meanwhile.add(await answeredBy());
      expect([...meanwhile]).toEqual(expect.arrayContaining(before.filter((id) => id !== killed)));
      const now = await hostsOnFile();
      expect(now.map((id, index) => (id === before[index] ? 'same' : 'new')).toSorted()).toEqual([
        'new',
        'same',
        'same',
      ]);
      await untilAnsweredBy(now);

      const later = async () => (await runs()).filter(({ processId }) => processId !== killed);
      await expect.poll(async () => (await later()).length, { timeout: 40_000 }).toBeGreaterThan(2);
      const taken = await later();
      expect(new Set(taken.map(({ processId }) => processId)).size).toBe(1);
      const gaps = taken.slice(1).map(({ at }, index) => at - (taken[index]?.at ?? 0));
      expect(Math.min(...gaps)).toBeGreaterThan(500);
    },
  );

  it('end within 8 s and leave nothing', async () => {
    const { host = [], storage = 0, cosmos = 0 } = stack.endpoints.processes;
    const began = Date.now();
    await stack.stop();
    expect(Date.now() - began).toBeLessThan(8_000);
    expect([...host, storage, cosmos].filter(isThere)).toEqual([]);
    expect(lines.filter((line) => line.includes('is killed'))).toEqual([]);
  });
});

it('are at most 16, and at least one', async () => {
  for (const instances of [0, 17, 1.5]) {
    await expect(startStack({ home, port: 0, app, instances })).rejects.toThrow('has to be 1 to 16');
  }
});
