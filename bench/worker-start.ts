import { join, resolve } from 'node:path';
import { type ServerProcess, startBareServer, startHost } from './host-process.ts';
import { type BenchReport, ratio } from './report.ts';
import { median } from './rounds.ts';
import { startScoringStack } from './scoring-stack.ts';

const ROUNDS = 5;

/**
 * From the start of a process to its first score that is on record, beside the bare server's: of the embedded host, which
 * is host and worker in one, with every trigger; and with the HTTP triggers only, as Flex Consumption runs an instance
 * of its `http` group.
 */
export async function benchWorkerStart(): Promise<BenchReport> {
  const stack = await startScoringStack();
  const root = resolve(import.meta.dirname, '..');
  const { env, folder, modelFile, contractFile } = stack;
  const body = JSON.stringify({ transaction: stack.rows[0] });
  const host = (environment: typeof env, state: string) => () =>
    startHost(root, join(folder, state), environment);
  const every: number[] = [];
  const http: number[] = [];
  const bare: number[] = [];
  try {
    const first = await host(env, 'first')();
    const others = first.functions.filter(({ trigger }) => trigger.toLowerCase() !== 'httptrigger');
    await first.stop();
    const httpOnly = {
      ...env,
      ...Object.fromEntries(others.map(({ name }) => [`AzureWebJobs.${name}.Disabled`, 'true'])),
    };
    for (let round = 0; round < ROUNDS; round++) {
      every.push(await timeToFirstScore(host(env, `every-${round}`), '/api/score', body));
      http.push(await timeToFirstScore(host(httpOnly, `http-${round}`), '/api/score', body));
      bare.push(await timeToFirstScore(() => startBareServer(modelFile, contractFile, 'each'), '/', body));
    }
  } finally {
    await stack.stop();
  }
  const row = (what: string, ours: readonly number[]) => [
    what,
    median(ours),
    median(bare),
    ratio(median(ours), median(bare)),
  ];
  return {
    name: 'worker-start',
    columns: ['process start to first score', 'Tollgate, s', 'bare server, s', 'ratio'],
    rows: [row("an instance of Flex's http group", http), row('every trigger in one process', every)],
    notes: [
      `median of ${ROUNDS}; Cosmos read, model from Blob, hashes, samples, warm-up, Event Hubs; goals: 0.6 s and 1.2 s`,
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
