import { type LoadResult, sendLoad } from './load.ts';
import { type BenchReport, ratio } from './report.ts';
import { interleaved, median, type Round, type Variant } from './rounds.ts';
import { startScoringStack } from './scoring-stack.ts';

const ROUNDS = 3;
const SECONDS = 4;
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

/** Scoring over HTTP beside a bare `node:http` + onnxruntime server with the same model. */
export async function benchScoring(): Promise<BenchReport> {
  const stack = await startScoringStack();
  const servers = [
    { name: 'Tollgate', path: '/api/score', ...stack.app },
    { name: 'bare, a run each', path: '/', ...stack.bareEach },
    { name: 'bare, shared runs', path: '/', ...stack.bareShared },
  ];
  const rows: (string | number)[][] = [];
  try {
    for (const scenario of SCENARIOS) {
      const bodies = bodiesFor(stack.rows, scenario.rows);
      const variants: Variant<LoadResult>[] = servers.map(({ name, path, port, pid }) => ({
        name: `${scenario.name}, ${name}`,
        pids: [pid],
        measure: async () => {
          const { connections, rate } = scenario;
          const result = await sendLoad({
            port,
            path,
            bodies,
            connections,
            seconds: SECONDS,
            ...(rate === undefined ? {} : { rate }),
          });
          if (result.failures > 0) throw new Error(`${name} failed ${result.failures} requests`);
          return result;
        },
      }));
      for (const variant of variants) await variant.measure(); // warm up
      const found = [...(await interleaved(variants, ROUNDS)).values()].map((rounds) =>
        summary(rounds, scenario.rows),
      );
      const [own, each, shared] = found;
      if (own === undefined || each === undefined || shared === undefined) continue;
      for (const [index, server] of servers.entries()) {
        const one = found[index] ?? own;
        rows.push([
          scenario.name,
          server.name,
          one.rate,
          one.p50,
          one.p99,
          one.cpu,
          ratio(one.rate, each.rate),
          ratio(one.rate, shared.rate),
        ]);
      }
    }
  } finally {
    await stack.stop();
  }
  return {
    name: 'scoring',
    columns: [
      'load',
      'server',
      'rows/s',
      'p50 ms',
      'p99 ms',
      'CPU µs/row',
      'to bare, a run each',
      'to bare, shared',
    ],
    rows,
    notes: [
      'goals: at 32 connections at least 0.8 × and 0.4 ×; 1,000-row bodies at least 0.4 ×; 1 connection p50 under 0.6 ms',
      `medians of ${ROUNDS} interleaved rounds of ${SECONDS} s; CPU is the server process alone, of two cores`,
    ],
  };
}

function summary(rounds: readonly Round<LoadResult>[], rowsEach: number) {
  const of = (value: (round: Round<LoadResult>) => number) => median(rounds.map(value));
  return {
    rate: of(({ result }) => result.rate * rowsEach),
    p50: of(({ result }) => result.p50),
    p99: of(({ result }) => result.p99),
    cpu: of(({ result, cpuMs }) => ((cpuMs[0] ?? Number.NaN) * 1_000) / (result.requests * rowsEach)),
  };
}

function bodiesFor(rows: readonly Record<string, unknown>[], each: number): string[] {
  if (each === 1) return rows.map((transaction) => JSON.stringify({ transaction }));
  const transactions = Array.from({ length: each }, (_, index) => rows[index % rows.length]);
  return [JSON.stringify({ transactions })];
}
