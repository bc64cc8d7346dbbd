import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { join, resolve } from 'node:path';
import { z } from 'zod';
import { localSettings } from '../tools/app-settings.ts';
import { stackEndpoints, stackSettings } from '../tools/stack-connection.ts';
import { type BenchReport, ratio } from './report.ts';
import { median } from './rounds.ts';
import { startScoringStack } from './scoring-stack.ts';

const ROUNDS = 5;

const hostReady = z.object({ type: z.literal('ready'), http: z.object({ port: z.number() }) });
const bareReady = z.object({ port: z.number() });

/** From the start of a worker's process to its first score, beside the bare server's. */
export async function benchWorkerStart(): Promise<BenchReport> {
  const stack = await startScoringStack();
  const root = resolve(import.meta.dirname, '..');
  const settings = await localSettings();
  const env = {
    ...process.env,
    ...settings,
    ...stackSettings(await stackEndpoints(stack.home), settings.DEFAULT_MODEL),
  };
  const body = JSON.stringify({ transaction: stack.rows[0] });
  const ours: number[] = [];
  const theirs: number[] = [];
  try {
    for (let round = 0; round < ROUNDS; round++) {
      const state = join(stack.home, `bench-host-${round}`);
      const entry = join(root, 'local', 'host', 'main.ts');
      const host = () =>
        fork(entry, [`--app=${root}`, `--state=${state}`, '--port=0'], { env, silent: true });
      ours.push(
        await timeToFirstScore(
          host,
          (message) => hostReady.safeParse(message).data?.http.port,
          '/api/score',
          body,
        ),
      );
      const bare = () =>
        fork(join(root, 'bench', 'bare-server.ts'), [stack.modelFile, String(stack.width), 'each'], {
          silent: true,
        });
      theirs.push(
        await timeToFirstScore(bare, (message) => bareReady.safeParse(message).data?.port, '/', body),
      );
    }
  } finally {
    await stack.stop();
  }
  return {
    name: 'worker-start',
    columns: ['what', 'Tollgate, s', 'bare server, s', 'ratio'],
    rows: [
      ['process start to first score', median(ours), median(theirs), ratio(median(ours), median(theirs))],
    ],
    notes: [`median of ${ROUNDS}; Cosmos read, model from Blob, hashes, samples, warm-up; goal: under 1.2 s`],
  };
}

async function timeToFirstScore(
  start: () => ChildProcess,
  portIn: (message: unknown) => number | undefined,
  path: string,
  body: string,
): Promise<number> {
  const started = performance.now();
  const child = start();
  try {
    let port: number | undefined;
    while (port === undefined) {
      const message: unknown = (await once(child, 'message'))[0];
      port = portIn(message);
    }
    const response = await fetch(`http://127.0.0.1:${port}${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body,
    });
    await response.arrayBuffer();
    if (response.status !== 200) throw new Error(`The first score was answered ${response.status}`);
    return (performance.now() - started) / 1_000;
  } finally {
    const ended = once(child, 'exit');
    child.disconnect();
    await ended;
  }
}
