import { beforeEach, describe, expect, it } from 'vitest';
import { ReportStore } from '../../../../shared/drift/report-store.ts';
import { driftReportSchema } from '../../../../shared/drift/report.ts';
import { type RunRow, RunStore } from '../../../../shared/training/run-record.ts';
import { governancePage } from '../../../../tools/governance/page.ts';
import { reportOf, textsOf } from '../../../fixtures/governance-report.ts';
import { MODEL, PromotionWorld } from '../../../fixtures/promotion-world.ts';

const DAY = 86_400_000;
const RUN = '01900000-0000-7000-8000-000000000004';

let world: PromotionWorld;
beforeEach(async () => {
  world = await PromotionWorld.create();
});

function driftReport(day: number, alarm: boolean) {
  const [from, to] = [day, day + 1].map((number) => new Date(world.now + number * DAY).toISOString());
  const id = `v2-${from}-${to}`;
  return driftReportSchema.parse({
    id,
    model: MODEL,
    version: '2',
    window: { from, to },
    rows: 5_000,
    policy: 'tollgate',
    drifted: alarm,
    alarm,
    columns: [
      {
        column: 'amount',
        role: 'input',
        kind: 'numeric',
        rank: 1,
        statistics: {},
        driftScore: 1,
        threshold: 0.2,
        drifted: alarm,
      },
    ],
  });
}

function retrainRun(at: number): RunRow {
  return {
    kind: 'run',
    model: MODEL,
    number: at,
    runId: RUN,
    reason: 'amount has drifted',
    status: 'skipped',
    step: 'done',
    startedAt: new Date(at).toISOString(),
    trials: [],
    trigger: 'drift',
    seed: 1,
    definitionOf: '1',
    datasets: ['1'],
    plannedPromotion: 'planned',
  };
}

describe('drift in the report', () => {
  it('is a gap where an alarm was followed by nothing, and where no report covers a time', async () => {
    const drift = new ReportStore(world.memory.documents, world.memory.blobs);
    for (const [day, alarm] of [
      [0, false],
      [1, true],
      [4, false],
    ] as const)
      await drift.add(driftReport(day, alarm), '');
    const start = world.now;
    world.now += 5 * DAY;
    const found = await reportOf(world);
    expect(found.drift.map(({ alarm }) => alarm)).toEqual([false, true, false]);
    expect(textsOf(found, 'alarm-unanswered')).toHaveLength(1);
    expect(textsOf(found, 'not-checked')).toEqual([
      `drift: No drift report covers the predictions from ${new Date(start + 2 * DAY).toISOString()} to ${new Date(start + 4 * DAY).toISOString()}.`,
    ]);
    await new RunStore(world.memory.documents).create(retrainRun(start + 2 * DAY + 1));
    const answered = await reportOf(world);
    expect(textsOf(answered, 'alarm-unanswered')).toEqual([]);
    expect(answered.runs).toMatchObject([
      { runId: RUN, trigger: 'drift', reason: 'amount has drifted', trials: 0 },
    ]);
    expect(await governancePage(answered)).toContain('amount has drifted');
  });
});
