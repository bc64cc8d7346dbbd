import { join } from 'node:path';
import { startBareServer, startHost } from './host-process.ts';
import { sendLoad } from './load.ts';
import { residentMemory } from './processor-time.ts';
import type { BenchReport } from './report.ts';
import { startScoringStack } from './scoring-stack.ts';

const SCORES = 100_000;
const STEPS = 4;

/** Memory of the app's process after 100,000 scores, beside the bare server's. */
export async function benchMemory(): Promise<BenchReport> {
  const stack = await startScoringStack();
  const bare = await startBareServer(stack.modelFile, stack.contractFile, 'each');
  const unlogged = await startHost(
    join(import.meta.dirname, 'unlogged-app'),
    join(stack.folder, 'unlogged'),
    stack.env,
  );
  try {
    const bodies = stack.rows.map((transaction) => JSON.stringify({ transaction }));
    const servers = [
      { port: stack.app.port, pid: stack.app.pid, path: '/api/score', sent: 0 },
      { port: unlogged.port, pid: unlogged.pid, path: '/api/score', sent: 0 },
      { port: bare.port, pid: bare.pid, path: '/', sent: 0 },
    ];
    const rows: (string | number)[][] = [['0', ...servers.map(({ pid }) => residentMemory(pid))]];
    for (let step = 1; step <= STEPS; step++) {
      const goal = (SCORES * step) / STEPS;
      for (const server of servers) {
        const { port, path } = server;
        while (server.sent < goal) {
          server.sent += (await sendLoad({ port, path, bodies, connections: 32, seconds: 0.5 })).requests;
        }
      }
      rows.push([goal.toLocaleString('en'), ...servers.map(({ pid }) => residentMemory(pid))]);
    }
    return {
      name: 'memory',
      columns: ['scores', 'Tollgate, MiB', 'without the log, MiB', 'bare server, MiB'],
      rows,
      notes: [
        'resident memory; Tollgate also collects its log; goal without the log: under 350 MiB and not growing',
      ],
    };
  } finally {
    await Promise.all([bare.stop(), unlogged.stop()]);
    await stack.stop();
  }
}
