import { join, resolve } from 'node:path';
import { type ServerProcess, startBareServer, startHost } from './host-process.ts';
import { type BenchReport, ratio } from './report.ts';
import { median } from './rounds.ts';
import { startScoringStack } from './scoring-stack.ts';

const ROUNDS = 5;

/** From the start of a worker's process to its first score that is on record, beside the bare server's. */
export async function benchWorkerStart(): Promise<BenchReport> {
  const stack = await startScoringStack();
  const root = resolve(import.meta.dirname, '..');
  const { env, folder, modelFile, contractFile } = stack;
  const body = JSON.stringify({ transaction: stack.rows[0] });
  const ours: number[] = [];
  const theirs: number[] = [];
  try {
    for (let round = 0; round < ROUNDS; round++) {
      const state = join(folder, `host-${round}`);
      ours.push(await timeToFirstScore(() => startHost(root, state, env), '/api/score', body));
      theirs.push(await timeToFirstScore(() => startBareServer(modelFile, contractFile, 'each'), '/', body));
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
    notes: [
      `median of ${ROUNDS}; Cosmos read, model from Blob, hashes, samples, warm-up, Event Hubs; goal: under 1.2 s`,
    ],
  };
}

async function timeToFirstScore(
  start: () => Promise<ServerProcess>,
  path: string,
  body: string,
): Promise<number> {
  const started = performance.now();
  const server = await start();
  try {
    const response = await fetch(`http://127.0.0.1:${server.port}${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body,
    });
    await response.arrayBuffer();
    if (response.status !== 200) throw new Error(`The first score was answered ${response.status}`);
    return (performance.now() - started) / 1_000;
  } finally {
    await server.stop();
  }
}
