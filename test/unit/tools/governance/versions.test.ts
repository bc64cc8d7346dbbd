import { beforeEach, describe, expect, it } from 'vitest';
import { sha256 } from '../../../../shared/onnx/verify-model.ts';
import type { DatasetRow, VersionRow } from '../../../../shared/registry/rows.ts';
import type { Evaluation } from '../../../../shared/training/evaluation/evaluation-schema.ts';
import { governancePage } from '../../../../tools/governance/page.ts';
import { reportOf, textsOf } from '../../../fixtures/governance-report.ts';
import { MODEL, PromotionWorld } from '../../../fixtures/promotion-world.ts';
import { untilOver } from '../../../fixtures/until-phase.ts';

const ROWS_SHA = 'a'.repeat(64);

let world: PromotionWorld;
beforeEach(async () => {
  world = await PromotionWorld.create();
});

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
    createdBy: { run: 'run-4' },
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

describe('a version in the report', () => {
  it('has its metrics, gates, segment gaps, and its data with hashes', async () => {
    await evaluatedVersion();
    const found = await reportOf(world);
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
    await untilOver(world, await world.start('4'));
    const found = await reportOf(world);
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
