import { describe, expect, test } from 'vitest';
import { criteriaOf } from '../../../shared/promotion/criteria.ts';
import { type Block, EMPTY_BLOCK } from '../../../shared/promotion/evidence.ts';
import type { Gate, GateResult } from '../../../shared/promotion/gate.ts';
import {
  assess,
  gather,
  type Gathered,
  gatheredSchema,
  type Stage,
  startPhase,
} from '../../../shared/promotion/gathered.ts';
import { DEFAULT_PLAN } from '../../../shared/promotion/plan.ts';
import { armsBlock, differ, pairsBlock, times } from './blocks.ts';

const CRITERIA = criteriaOf(DEFAULT_PLAN);

function after(stage: Stage, blocks: readonly Block[], before?: Gathered): Gathered {
  return blocks.reduce((gathered, block) => gather(gathered, block, CRITERIA), startPhase(stage, before));
}

function gateOf(gathered: Gathered, gate: Gate): GateResult {
  const result = assess(gathered, CRITERIA).gates.find((one) => one.gate === gate);
  if (result === undefined) throw new Error(`no ${gate}`);
  return result;
}

/** So many looks at the same increments. */
function looks(count: number, block: Block): readonly Block[] {
  return Array.from({ length: count }, () => block);
}

describe('every gate', () => {
  test.each<[Stage, readonly Gate[]]>([
    ['shadow', ['errorRate', 'decisionRate', 'scoreShift']],
    ['shared', ['errorRate', 'latencyP95', 'decisionRate', 'scoreShift']],
    ['alone', ['errorRate', 'latencyP95', 'decisionRate', 'scoreShift']],
    ['watch', ['errorRate', 'latencyP95']],
  ])('is inconclusive without data, and says what is missing (%s)', (stage, gates) => {
    const { verdict, gates: results } = assess(after(stage, [EMPTY_BLOCK]), CRITERIA);
    expect(results.map(({ gate }) => gate)).toEqual(gates);
    expect(verdict).toBe('inconclusive');
    for (const result of results) {
      expect(result).toMatchObject({ verdict: 'inconclusive', champion: { n: 0 }, canary: { n: 0 } });
      expect(result.reason).toMatch(/^0 of at least|no run times/);
    }
  });

  test('keeps its evidence in plain data', () => {
    const block = {
      ...armsBlock(
        { n: 900, failures: 9, runTimes: times(850, 1, 50, 3) },
        { n: 100, failures: 1, fallbacks: 1, runTimes: times(95, 1, 5, 3) },
      ),
      pairs: pairsBlock(2_000, { flagged: differ(3, 4) }).pairs,
    };
    const gathered = after('shared', [block, block]);
    expect(gatheredSchema.parse(JSON.parse(JSON.stringify(gathered)))).toEqual(gathered);
    expect(JSON.stringify(gathered).length).toBeLessThan(100_000);
  });
});

describe('the errors gate', () => {
  const good = armsBlock({ n: 500, failures: 5 }, { n: 500, failures: 5 });
  const bad = armsBlock({ n: 500, failures: 5 }, { n: 500, failures: 15, fallbacks: 14 });

  test('fails in the canary where the evidence of its phase is against it', () => {
    const result = gateOf(after('shared', looks(8, bad)), 'errorRate');
    expect(result).toMatchObject({
      verdict: 'fail',
      champion: { n: 4_000, failures: 40, rate: 0.01 },
      canary: { n: 4_000, failures: 120, rate: 0.03, fallbacks: 112 },
      margin: 0.005,
    });
    expect(result.estimate).toBeCloseTo(0.02, 12);
    expect(result.lower).toBeGreaterThanOrEqual(0.005);
    expect(result.reason).toContain('3 % against 1 %');
  });

  test('passes once it is shown that the difference is below the margin', () => {
    const result = gateOf(after('shared', looks(30, good)), 'errorRate');
    expect(result).toMatchObject({ verdict: 'pass', estimate: 0, upper: 0.005 });
    expect(result.reason).toBeUndefined();
  });

  test('starts its evidence of harm afresh in each phase, and keeps that of harmlessness', () => {
    const first = after('shared', looks(30, good));
    const second = startPhase('shared', first);
    expect(gateOf(second, 'errorRate').reason).toBe('0 of at least 1000 requests of the canary');
    expect(gateOf(after('shared', looks(2, good), first), 'errorRate').verdict).toBe('pass');
    // 15,000 good requests before don't hide a fault that begins in this step.
    expect(gateOf(after('shared', looks(8, bad), first), 'errorRate').verdict).toBe('fail');
  });

  test('takes what was shown in the shadow for the canary', () => {
    const shadow = after('shadow', looks(10, pairsBlock(1_000, { errors: differ(1, 1) })));
    expect(gateOf(shadow, 'errorRate').verdict).toBe('pass');
    const canary = after(
      'shared',
      [armsBlock({ n: 20_000, failures: 20 }, { n: 1_000, failures: 1 })],
      shadow,
    );
    expect(gateOf(canary, 'errorRate').verdict).toBe('pass');
    const without = after('shared', [armsBlock({ n: 20_000, failures: 20 }, { n: 1_000, failures: 1 })]);
    expect(gateOf(without, 'errorRate').verdict).toBe('inconclusive');
  });

  test('fails in the shadow on rows on which the candidate alone fails', () => {
    const shadow = after('shadow', looks(10, pairsBlock(200, { errors: differ(6) })));
    expect(gateOf(shadow, 'errorRate')).toMatchObject({ verdict: 'fail', estimate: 0.03 });
  });

  test('is not fooled by errors that rise while the canary grows', () => {
    // Each step is equal in both arms; all steps pooled, the canary looks worse.
    let gathered: Gathered | undefined;
    for (const [percent, rate] of [
      [1, 0.005],
      [10, 0.01],
      [25, 0.02],
      [50, 0.03],
    ] as const) {
      const [canary, champion] = [percent * 40, (100 - percent) * 40];
      const block = armsBlock(
        { n: champion, failures: champion * rate },
        { n: canary, failures: canary * rate },
      );
      gathered = after('shared', looks(20, block), gathered);
      expect(gateOf(gathered, 'errorRate').verdict).not.toBe('fail');
    }
  });
});

describe('the decisions gate', () => {
  const side = { errors: 0, flagged: 40, blocked: 20, scores: {} };
  const rows = (flagged: readonly [number, number], blocked: readonly [number, number]): Block =>
    pairsBlock(1_000, {
      champion: side,
      candidate: side,
      flagged: differ(...flagged),
      blocked: differ(...blocked),
    });

  test.each([
    ['flagged more', [20, 1], [0, 0], 0.019, 0.005],
    ['flagged less', [1, 20], [0, 0], -0.019, -0.005],
    ['blocked more', [0, 0], [20, 1], 0.019, 0.005],
    ['blocked less', [0, 0], [1, 20], -0.019, -0.005],
  ] as const)('fails where rows are %s often', (name, flagged, blocked, estimate, margin) => {
    const result = gateOf(after('shadow', looks(4, rows(flagged, blocked))), 'decisionRate');
    expect(result).toMatchObject({ verdict: 'fail', estimate, margin });
    expect(result.reason).toContain(name);
    expect(result.tests?.filter(({ verdict }) => verdict === 'fail').map((one) => one.test)).toEqual([name]);
    // The bound on the side of the margin is beyond it.
    const bound = margin > 0 ? result.lower : result.upper;
    expect(Math.abs(bound ?? 0)).toBeGreaterThanOrEqual(0.005);
  });

  test('passes where both versions decide alike, after enough rows and decisions', () => {
    expect(gateOf(after('shadow', looks(1, rows([3, 3], [1, 1]))), 'decisionRate').verdict).toBe(
      'inconclusive',
    );
    expect(gateOf(after('shadow', looks(6, rows([3, 3], [1, 1]))), 'decisionRate').verdict).toBe('pass');
    const undecided = pairsBlock(1_000, {});
    expect(gateOf(after('shadow', looks(6, undecided)), 'decisionRate').reason).toBe(
      '0 of at least 10 rows reviewed or blocked',
    );
  });
});

describe('the latency gate', () => {
  const champion = { n: 1_000, runTimes: times(960, 1, 40, 4) };

  test('only learns the threshold from the first block', () => {
    const slow = armsBlock(champion, { n: 1_000, runTimes: times(1_000, 50) });
    expect(gateOf(after('shared', [slow]), 'latencyP95').canary['beyond']).toBeNull();
    expect(gateOf(after('shared', [slow, slow]), 'latencyP95')).toMatchObject({
      verdict: 'fail',
      canary: { n: 2_000, beyond: 1 },
      champion: { n: 2_000, beyond: 0.04 },
    });
  });

  test('passes an equal canary and one within the ratio, but not one beyond it', () => {
    const verdictAt = (usualMs: number): string => {
      const canary = { n: 1_000, runTimes: times(1_000, usualMs) };
      return gateOf(after('shared', looks(4, armsBlock(champion, canary))), 'latencyP95').verdict;
    };
    expect([1, 1.4, 1.6].map(verdictAt)).toEqual(['pass', 'pass', 'fail']);
  });

  test('is earned anew in each step, with the threshold of the step before to begin with', () => {
    const equal = armsBlock(champion, { n: 1_000, runTimes: times(1_000, 1) });
    const first = after('shared', looks(4, equal));
    expect(gateOf(first, 'latencyP95').verdict).toBe('pass');
    expect(gateOf(startPhase('shared', first), 'latencyP95').verdict).toBe('inconclusive');
    expect(gateOf(after('shared', [equal], first), 'latencyP95').canary['beyond']).toBe(0);
  });
});

describe('the scores gate', () => {
  const uniform = Object.fromEntries(Array.from({ length: 20 }, (_, bucket) => [bucket + 50, 50]));
  const scored = (candidate: Record<string, number>): Block =>
    pairsBlock(1_000, {
      champion: { errors: 0, flagged: 0, blocked: 0, scores: uniform },
      candidate: { errors: 0, flagged: 0, blocked: 0, scores: candidate },
    });

  test('passes scores that have not moved and fails those that have', () => {
    expect(gateOf(after('shadow', [scored(uniform)]), 'scoreShift').verdict).toBe('pass');
    const moved = Object.fromEntries(Object.entries(uniform).map(([bucket, n]) => [Number(bucket) + 8, n]));
    const result = gateOf(after('shadow', [scored(moved)]), 'scoreShift');
    expect(result.verdict).toBe('fail');
    expect(result.lower).toBeGreaterThan(0.25);
  });

  test('sees scores move away from a single value, up or down', () => {
    const single = (bucket: number): Record<string, number> => ({ [bucket]: 1_000 });
    const block = (to: number): Block =>
      pairsBlock(1_000, {
        champion: { errors: 0, flagged: 0, blocked: 0, scores: single(80) },
        candidate: { errors: 0, flagged: 0, blocked: 0, scores: single(to) },
      });
    expect([60, 80, 100].map((to) => gateOf(after('shadow', [block(to)]), 'scoreShift').verdict)).toEqual([
      'fail',
      'pass',
      'fail',
    ]);
  });

  test('looks again only when the pairs have doubled', () => {
    const gathered = after('shadow', looks(7, scored(uniform)));
    expect(gathered.scores.phase).toMatchObject({ looks: 3, lookedAt: 4_000 });
  });
});

describe('at 100 %', () => {
  const shared = after(
    'shared',
    looks(
      10,
      armsBlock(
        { n: 1_000, failures: 10, runTimes: times(960, 1, 40, 4) },
        { n: 1_000, failures: 10, runTimes: times(960, 1, 40, 4) },
      ),
    ),
  );
  const alone = (failures: number, ms: number): Gathered =>
    after('alone', looks(10, armsBlock({}, { n: 1_000, failures, runTimes: times(1_000, ms) })), shared);

  test('errors and latency are held to what the champion did in the last shared step', () => {
    expect(gateOf(alone(10, 1), 'errorRate')).toMatchObject({
      verdict: 'pass',
      champion: { n: 10_000, rate: 0.01 },
      canary: { n: 10_000, rate: 0.01 },
    });
    expect(gateOf(alone(40, 1), 'errorRate').verdict).toBe('fail');
    expect(gateOf(alone(10, 1), 'latencyP95').verdict).toBe('pass');
    expect(gateOf(alone(10, 3), 'latencyP95').verdict).toBe('fail');
  });

  test('the watch after the promotion starts its evidence afresh against the same reference', () => {
    const watch = startPhase('watch', alone(18, 1));
    expect(watch.alone).toMatchObject({ errors: { n: 10_000, events: 100 }, errorLogRatios: [] });
    const broken = after('watch', [armsBlock({}, { n: 1_000, failures: 100 })], watch);
    expect(gateOf(broken, 'errorRate').verdict).toBe('fail');
  });
});
