import { sendLoad } from './load.ts';
import { residentMemory } from './processor-time.ts';
import type { BenchReport } from './report.ts';
import { startScoringStack } from './scoring-stack.ts';

const SCORES = 100_000;
const STEPS = 4;

/** Memory of the app's process after 100,000 scores, beside the bare server's. */
export async function benchMemory(): Promise<BenchReport> {
  const stack = await startScoringStack();
  try {
    const bodies = stack.rows.map((transaction) => JSON.stringify({ transaction }));
    const rows: (string | number)[][] = [
      ['0', residentMemory(stack.app.pid), residentMemory(stack.bareEach.pid)],
    ];
    let [ours, theirs] = [0, 0];
    for (let step = 1; step <= STEPS; step++) {
      while (ours < (SCORES * step) / STEPS) {
        ours += (
          await sendLoad({ port: stack.app.port, path: '/api/score', bodies, connections: 32, seconds: 0.5 })
        ).requests;
      }
      while (theirs < (SCORES * step) / STEPS) {
        theirs += (
          await sendLoad({ port: stack.bareEach.port, path: '/', bodies, connections: 32, seconds: 0.5 })
        ).requests;
      }
      rows.push([
        `${(SCORES * step) / STEPS}`,
        residentMemory(stack.app.pid),
        residentMemory(stack.bareEach.pid),
      ]);
    }
    return {
      name: 'memory',
      columns: ['scores', 'Tollgate, MiB', 'bare server, MiB'],
      rows,
      notes: ['resident memory; goal: under 350 MiB after 100,000 scores, and not growing'],
    };
  } finally {
    await stack.stop();
  }
}
