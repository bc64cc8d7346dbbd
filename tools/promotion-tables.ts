import { percentText } from '../shared/promotion/gate.ts';
import { quantileOf } from './gate-runs.ts';
import { hardSituations } from './hard-situations.ts';
import { plainSituations, PER_LOOK, type Run, runner } from './plain-situations.ts';
import type { Progress } from './progress.ts';
import { promotionsTable } from './promotion-ends.ts';
import { simulatedBlock } from './simulated-evidence.ts';

/** The tables of docs/promotion.md, as lines of Markdown: what the gates do in situations whose truth is known. */
export function* promotionTables(runs: number, seed: number, progress: Progress): Generator<string> {
  const run = runner(runs, seed);
  const situations = [...plainSituations(run), ...hardSituations(run, runs, seed)];
  yield '| situation | truth | fails | passes | samples to fail, median / 90 % | samples to pass, median / 90 % |';
  yield '|---|---|---|---|---|---|';
  for (const [at, { name, truth, outcomes }] of situations.entries()) {
    progress.show('situations', at, situations.length);
    const { failed, passed, toFail, toPass, runs: all } = outcomes();
    yield `| ${name} | ${truth} | ${percentText(failed / all)} | ${percentText(passed / all)} | ${samples(toFail)} | ${samples(toPass)} |`;
  }
  yield '';
  yield* powerTable(run);
  yield '';
  yield* promotionsTable(Math.min(runs, 500), seed, progress);
}

function* powerTable(run: Run): Generator<string> {
  const sizes = [500, 1_000, 2_000, 5_000, 10_000];
  yield `| found within … canary requests | ${sizes.join(' | ')} |`;
  yield `|---|${'---|'.repeat(sizes.length)}`;
  for (const after of [0.015, 0.02, 0.025, 0.03, 0.04, 0.06]) {
    const { toFail, runs } = run('errorRate', 'shared', {
      block: (random) =>
        simulatedBlock(random, {
          champion: { n: PER_LOOK * 3, errorRate: 0.01 },
          canary: { n: PER_LOOK, errorRate: after },
        }),
    });
    const found = sizes.map((size) =>
      percentText(toFail.filter((samples_) => samples_ <= size).length / runs),
    );
    yield `| errors 1 → ${percentText(after)}, champion 3 × | ${found.join(' | ')} |`;
  }
}

function samples(ascending: readonly number[]): string {
  const [median, late] = [quantileOf(ascending, 0.5), quantileOf(ascending, 0.9)];
  return median === null || late === null ? '-' : `${median} / ${late}`;
}
