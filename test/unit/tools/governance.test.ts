import { beforeEach, describe, expect, it } from 'vitest';
import { ReportStore } from '../../../shared/drift/report-store.ts';
import { driftReportSchema } from '../../../shared/drift/report.ts';
import { LineageLog } from '../../../shared/lineage/lineage-log.ts';
import { sha256 } from '../../../shared/onnx/verify-model.ts';
import { orderPromotion, rollBackModel } from '../../../shared/promotion/orders.ts';
import { planSchema } from '../../../shared/promotion/plan.ts';
import { Catalogue } from '../../../shared/registry/catalogue.ts';
import type { DatasetRow, VersionRow } from '../../../shared/registry/rows.ts';
import type { Evaluation } from '../../../shared/training/evaluation/evaluation-schema.ts';
import { type RunRow, RunStore } from '../../../shared/training/run-record.ts';
import { collectReport } from '../../../tools/governance/collect.ts';
import { governancePage } from '../../../tools/governance/page.ts';
import type { GovernanceReport } from '../../../tools/governance/report.ts';
import { MODEL, PLAN, PromotionWorld } from '../../fixtures/promotion-world.ts';

const DAY = 86_400_000;
const ROWS_SHA = 'a'.repeat(64);
const RUN = '01900000-0000-7000-8000-000000000004';

let world: PromotionWorld;
let drift: ReportStore;

beforeEach(async () => {
  world = await PromotionWorld.create();
  drift = new ReportStore(world.memory.documents, world.memory.blobs);
});

function report(from?: number, to = world.now + 1): Promise<GovernanceReport> {
  const { registry, memory, parts } = world;
  const runs = new RunStore(memory.documents);
  const lineage = new LineageLog({ documents: memory.documents, report: () => undefined });
  const datasets = { ...memory.blobs, createFrom: () => Promise.reject(new Error('not here')) };
  const missing = () => Promise.reject(new Error('not here'));
  return collectReport(
    {
      catalogue: new Catalogue(registry, MODEL),
      registry,
      models: memory.blobs,
      datasets,
      lineage,
      promotions: parts,
      retraining: {
        runs,
        lineage,
        registry,
        models: memory.blobs,
        datasets,
        logs: { predictions: NO_LOG, labels: NO_LOG },
        work: missing,
        newId: () => RUN,
        time: () => world.now,
      },
      drift: {
        registry,
        models: memory.blobs,
        reports: drift,
        baselineOf: missing,
        windowOf: missing,
        outcomesOf: missing,
        time: () => world.now,
      },
    },
    MODEL,
    { from, to },
    new Date(world.now),
  );
}

const NO_LOG = {
  async *list(): AsyncGenerator<string> {
    /* nothing was logged */
  },
  async *read(): AsyncGenerator<Uint8Array> {
    /* nothing was logged */
  },
};

/** Runs a promotion until its claim ends. */
async function run(promotionId: string, approve?: string): Promise<void> {
  for (let minute = 0; minute < 60 && world.traffic().claim !== null; minute += 1) {
    await world.minute();
    await world.check(promotionId);
    const { situation } = world.record(promotionId).state;
    if (
      approve !== undefined &&
      situation.phase === 'awaiting-approval' &&
      situation.approvedBy === undefined
    )
      await orderPromotion(world.parts, MODEL, promotionId, { kind: 'approve', by: approve });
  }
}

/** A version 4 with an evaluation, of a data set that is on record. */
async function evaluatedVersion(): Promise<void> {
  const evaluation: Evaluation = {
    metrics: { aucRoc: 0.9 },
    split: 'modulo:5:4',
    rows: { training: 800, heldOut: 200 },
    dataset: { sha256: ROWS_SHA },
    learner: 'gradient_boosting',
    params: {},
    fitSeconds: 1,
    intervals: { aucRoc: { value: 0.9, lower: 0.88, upper: 0.92 } },
    gates: [
      { gate: 'aucRoc', verdict: 'pass', reason: 'above its least', numbers: { least: 0.7 } },
      { gate: 'latency', verdict: 'inconclusive', reason: 'measured on a busy machine', numbers: { ms: 3 } },
    ],
    segments: [
      {
        column: 'country',
        segments: [],
        falsePositiveRateGap: { value: 0.12, lower: 0.05, upper: 0.19, highest: '<b>DE</b>', lowest: 'CA' },
      },
    ],
  };
  const files = new Map([
    ['model.onnx', Buffer.from('another model')],
    ['evaluation.json', Buffer.from(JSON.stringify(evaluation))],
  ]);
  for (const [name, bytes] of files) await world.memory.blobs.write(`${MODEL}/4/${name}`, bytes);
  const row: VersionRow = {
    kind: 'version',
    model: MODEL,
    version: '4',
    number: 4,
    state: 'registered',
    title: 'Cards',
    createdAt: new Date(world.now).toISOString(),
    createdBy: { run: RUN },
    learner: 'gradient_boosting',
    params: { leaves: 8 },
    seed: 1,
    datasetVersion: '1',
    rows: evaluation.rows,
    metrics: { aucRoc: 0.9 },
    files: [...files].map(([name, bytes]) => ({ name, sha256: sha256(bytes), bytes: bytes.length })),
  };
  await world.registry.addVersion(row);
  const dataset: DatasetRow = {
    kind: 'dataset',
    model: MODEL,
    version: '1',
    number: 1,
    createdAt: row.createdAt,
    source: 'branch ledger',
    format: 'csv',
    rows: 1_000,
    file: { name: 'rows.csv', sha256: ROWS_SHA, bytes: 9 },
  };
  await world.registry.addDataset(dataset);
}

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

function textsOf({ gaps }: GovernanceReport, kind: string): string[] {
  return gaps.filter((gap) => gap.kind === kind).map(({ about, text }) => `${about}: ${text}`);
}

describe('a promotion in the report', () => {
  it('names who asked, who approved, and the gates with their numbers', async () => {
    const id = await world.start('2', planSchema.parse({ ...PLAN, approval: 'before-full' }), 'ada');
    await run(id, 'grace');
    const found = await report();
    const [promotion] = found.promotions;
    expect(promotion).toMatchObject({
      version: '2',
      champion: '1',
      phase: 'promoted',
      requestedBy: 'ada',
      approvals: [{ by: 'grace' }],
    });
    expect(promotion?.evaluations.length).toBeGreaterThan(3);
    expect(textsOf(found, 'no-approval')).toEqual([]);
    const canary = promotion?.evaluations.findLast(({ step }) => step === 1);
    const gate = canary?.gates.find((one) => one.gate === 'errorRate');
    const html = await governancePage(found);
    for (const said of ['ada', 'grace', 'errorRate', gate?.canary.n.toLocaleString('en-GB') ?? 'no gate'])
      expect(html).toContain(said);
    expect(found.changes.some(({ by }) => by === 'grace')).toBe(true);
  });

  it('is a gap where its plan asked for no approval and nobody is on record', async () => {
    await run(await world.start());
    const found = await report();
    expect(textsOf(found, 'no-approval')).toEqual([
      expect.stringContaining(
        "Version 2 became champion without a person's approval: its plan asked for none.",
      ),
    ]);
    expect(textsOf(found, 'no-requester')).toHaveLength(1);
  });

  it('is a gap while it is under way', async () => {
    const id = await world.start();
    await world.minute();
    await world.check(id);
    expect(textsOf(await report(), 'under-way')).toEqual([`promotion ${id}: It is not over: shadow.`]);
  });

  it('that was rolled back is told with who and why, as text and not as markup', async () => {
    await run(await world.start());
    await rollBackModel(world.parts, MODEL, { by: 'ada', reason: '<script>chargebacks</script>' });
    const found = await report();
    expect(found.changes.filter(({ isRollback }) => isRollback)).toEqual([
      expect.objectContaining({ by: 'ada', what: expect.stringContaining('chargebacks') }),
    ]);
    const html = await governancePage(found);
    expect(html).toContain('&lt;script&gt;chargebacks');
    expect(html).not.toContain('<script');
    expect(html).not.toMatch(/(?:src|href)="(?!#)/);
  });
});

describe('the times of the report', () => {
  it('say which version served when, cut to the window that was asked for', async () => {
    const start = world.now;
    const id = await world.start();
    await run(id);
    const promoted = Date.parse(world.record(id).changes.find(({ phase }) => phase === 'promoted')?.at ?? '');
    const whole = await report();
    const second = whole.versions.find(({ version }) => version === '2');
    expect(second?.served.at(-1)).toMatchObject({ variant: 'champion', percent: 100, promotionId: id });
    expect(Date.parse(second?.served.at(-1)?.from ?? '')).toBe(promoted);
    const first = whole.versions.find(({ version }) => version === '1');
    expect(first?.served[0]).toMatchObject({ from: new Date(start).toISOString(), variant: 'champion' });
    expect(Date.parse(first?.served.at(-1)?.to ?? '')).toBeLessThanOrEqual(promoted);

    const later = await report(promoted + 1);
    expect(later.versions.map(({ version }) => version)).toEqual(['2']);
    expect(later.versions[0]?.served).toEqual([
      { from: new Date(promoted + 1).toISOString(), variant: 'champion', percent: 100, promotionId: id },
    ]);
    expect((await report(start - 2 * DAY, start - DAY)).versions).toEqual([]);
  });
});

describe('a version in the report', () => {
  it('has its metrics, gates, segment gaps, and its data with hashes', async () => {
    await evaluatedVersion();
    const found = await report();
    const account = found.versions.find(({ version }) => version === '4');
    expect(account).toMatchObject({
      data: { sha256: ROWS_SHA, split: 'modulo:5:4' },
      intervals: { aucRoc: { lower: 0.88, upper: 0.92 } },
      segmentGaps: [{ column: 'country', value: 0.12 }],
      served: [],
    });
    expect(found.datasets).toMatchObject([
      { version: '1', source: 'branch ledger', file: { sha256: ROWS_SHA } },
    ]);
    expect(found.gaps.filter(({ about }) => about === 'version 4')).toEqual([]);
    const html = await governancePage(found);
    for (const said of [ROWS_SHA, 'branch ledger', '0.88 to 0.92', '&lt;b&gt;DE&lt;/b&gt;'])
      expect(html).toContain(said);
  });

  it('that serves is a gap for each gate and each segment that is in doubt', async () => {
    await evaluatedVersion();
    await run(await world.start('4'));
    const found = await report();
    expect(textsOf(found, 'segment-gap')).toEqual([
      'version 4: False positives of country: 12.0 percentage points more often at <b>DE</b> than at CA (95 %: 5.0 percentage points to 19.0 percentage points).',
    ]);
    expect(textsOf(found, 'gates-not-passed')).toContainEqual(
      expect.stringContaining('latency inconclusive'),
    );
    expect(textsOf(found, 'no-data')).toEqual([]);
    expect(textsOf(found, 'no-evaluation')).not.toContainEqual(expect.stringContaining('version 4'));
    expect(textsOf(found, 'no-evaluation')).toContainEqual(expect.stringContaining('version 1'));
  });
});

describe('drift in the report', () => {
  it('is a gap where an alarm was followed by nothing, and where no report covers a time', async () => {
    for (const [day, alarm] of [
      [0, false],
      [1, true],
      [4, false],
    ] as const)
      await drift.add(driftReport(day, alarm), '');
    const start = world.now;
    world.now += 5 * DAY;
    const found = await report();
    expect(found.drift.map(({ alarm }) => alarm)).toEqual([false, true, false]);
    expect(textsOf(found, 'alarm-unanswered')).toHaveLength(1);
    expect(textsOf(found, 'not-checked')).toEqual([
      `drift: No drift report covers the predictions from ${new Date(start + 2 * DAY).toISOString()} to ${new Date(start + 4 * DAY).toISOString()}.`,
    ]);
    await new RunStore(world.memory.documents).create(retrainRun(start + 2 * DAY + 1));
    const answered = await report();
    expect(textsOf(answered, 'alarm-unanswered')).toEqual([]);
    expect(answered.runs).toMatchObject([
      { runId: RUN, trigger: 'drift', reason: 'amount has drifted', trials: 0 },
    ]);
    expect(await governancePage(answered)).toContain('amount has drifted');
  });
});

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
