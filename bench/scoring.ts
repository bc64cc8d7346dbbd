import { join, resolve } from 'node:path';
import { type ServerProcess, startBareServer, startBroker, startHost } from './host-process.ts';
import { type LoadResult, sendLoad } from './load.ts';
import { type BenchReport, ratio } from './report.ts';
import { interleaved, median, type Round, type Variant } from './rounds.ts';
import { type ScoringStack, startScoringStack } from './scoring-stack.ts';

const ROUNDS = 3;
const SECONDS = 3;
const PACED_RATE = 1_000;

interface Scenario {
  readonly name: string;
  readonly connections: number;
  readonly rows: number;
  readonly rate?: number;
}

const SCENARIOS: readonly Scenario[] = [
  { name: '1 connection', connections: 1, rows: 1 },
  { name: '32 connections', connections: 32, rows: 1 },
  {
    name: `${PACED_RATE.toLocaleString('en')} requests/s offered`,
    connections: 32,
    rows: 1,
    rate: PACED_RATE,
  },
  { name: '1,000-row bodies', connections: 2, rows: 1_000 },
];

interface Measured {
  readonly name: string;
  readonly path: string;
  readonly port: number;
  /** The server first, then the processes that work for it. */
  readonly pids: readonly number[];
}

/**
 * Scoring over HTTP beside a bare `node:http` + onnxruntime server with the same model: the app as it is, with nobody
 * collecting the log, and without the log.
 */
export async function benchScoring(): Promise<BenchReport> {
  const stack = await startScoringStack();
  const children: ServerProcess[] = [];
  try {
    const servers = await startServers(stack, children);
    const rows: (string | number)[][] = [];
    for (const scenario of SCENARIOS) rows.push(...(await measure(scenario, servers, stack)));
    return {
      name: 'scoring',
      columns: [
        'load',
        'server',
        'rows/s',
        'p50 ms',
        'p99 ms',
        'server CPU µs/row',
        'all CPU µs/row',
        'to bare, a run each',
        'to bare, shared',
      ],
      rows,
      notes: [
        `medians of ${ROUNDS} interleaved rounds of ${SECONDS} s; client, servers, broker and storage share the machine`,
        'goals at 32 connections: without the log 0.8 × and 0.4 ×, with it 0.3 ×, nobody collecting 0.6 ×',
      ],
    };
  } finally {
    await Promise.all(children.map((child) => child.stop()));
    await stack.stop();
  }
}

async function startServers(stack: ScoringStack, children: ServerProcess[]): Promise<Measured[]> {
  const start = async <T extends ServerProcess>(process: Promise<T>): Promise<T> => {
    const child = await process;
    children.push(child);
    return child;
  };
  const root = resolve(import.meta.dirname, '..');
  const { folder, env, modelFile, contractFile } = stack;
  const each = await start(startBareServer(modelFile, contractFile, 'each'));
  const shared = await start(startBareServer(modelFile, contractFile, 'shared'));
  // A broker of its own, whose events nobody reads.
  const broker = await start(startBroker(join(folder, 'broker'), 'predictions:4'));
  const uncollected = await start(
    startHost(root, join(folder, 'uncollected'), {
      ...env,
      EVENTHUBS_CONNECTION: broker.connection,
      'AzureWebJobs.collect.Disabled': 'true',
      'AzureWebJobs.replay-spill.Disabled': 'true',
    }),
  );
  const unlogged = await start(
    startHost(join(import.meta.dirname, 'unlogged-app'), join(folder, 'unlogged'), env),
  );
  const path = '/api/score';
  return [
    { name: 'Tollgate', path, port: stack.app.port, pids: stack.pids },
    { name: 'Tollgate, nobody collects', path, port: uncollected.port, pids: [uncollected.pid, broker.pid] },
    { name: 'Tollgate, without the log', path, port: unlogged.port, pids: [unlogged.pid] },
    { name: 'bare, a run each', path: '/', port: each.port, pids: [each.pid] },
    { name: 'bare, shared runs', path: '/', port: shared.port, pids: [shared.pid] },
  ];
}

async function measure(
  scenario: Scenario,
  servers: readonly Measured[],
  stack: ScoringStack,
): Promise<(string | number)[][]> {
  const bodies = bodiesFor(stack.rows, scenario.rows);
  const { connections, rate } = scenario;
  const variants: Variant<LoadResult>[] = servers.map(({ name, path, port, pids }) => ({
    name: `${scenario.name}, ${name}`,
    pids,
    measure: async () => {
      const paced = rate === undefined ? {} : { rate };
      const result = await sendLoad({ port, path, bodies, connections, seconds: SECONDS, ...paced });
      if (result.failures > 0) throw new Error(`${name} failed ${result.failures} requests`);
      return result;
    },
  }));
  for (const variant of variants) await variant.measure(); // warm up
  const found = await interleaved(variants, ROUNDS);
  const figures = variants.map(({ name }) => summary(found.get(name) ?? [], scenario.rows));
  const [each, shared] = figures.slice(-2).map((one) => one.rate);
  return servers.map(({ name }, index) => {
    const one = figures[index] ?? summary([], scenario.rows);
    const compared =
      rate === undefined ? [ratio(one.rate, each ?? NaN), ratio(one.rate, shared ?? NaN)] : ['–', '–'];
    return [scenario.name, name, one.rate, one.p50, one.p99, one.serverCpu, one.cpu, ...compared];
  });
}

/** The medians of rounds of load, by row. The server is the first of a variant's processes. */
export function summary(rounds: readonly Round<LoadResult>[], rowsEach: number) {
  const of = (value: (round: Round<LoadResult>) => number) => median(rounds.map(value));
  const perRow = (ms: number, { requests }: LoadResult) => (ms * 1_000) / (requests * rowsEach);
  return {
    rate: of(({ result }) => result.rate * rowsEach),
    p50: of(({ result }) => result.p50),
    p99: of(({ result }) => result.p99),
    serverCpu: of(({ result, cpuMs }) => perRow(cpuMs[0] ?? Number.NaN, result)),
    cpu: of(({ result, cpuMs }) =>
      perRow(
        cpuMs.reduce((sum, ms) => sum + ms, 0),
        result,
      ),
    ),
  };
}

function bodiesFor(rows: readonly Record<string, unknown>[], each: number): string[] {
  if (each === 1) return rows.map((transaction) => JSON.stringify({ transaction }));
  const transactions = Array.from({ length: each }, (_, index) => rows[index % rows.length]);
  return [JSON.stringify({ transactions })];
}
