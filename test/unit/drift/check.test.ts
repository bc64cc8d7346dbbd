import { beforeEach, describe, expect, it } from 'vitest';
import { checkDrift, type DriftParts, type WindowOutcomes } from '../../../shared/drift/check.ts';
import type { CheckWindow } from '../../../shared/drift/check-window.ts';
import { inputDrift, latestReport, listReports } from '../../../shared/drift/read-reports.ts';
import { ReportStore } from '../../../shared/drift/report-store.ts';
import { driftReportSchema } from '../../../shared/drift/report.ts';
import { sha256 } from '../../../shared/onnx/verify-model.ts';
import { Registry } from '../../../shared/registry/registry.ts';
import type { VersionRow } from '../../../shared/registry/rows.ts';
import { createRandom } from '../../../shared/training/random.ts';
import { simulatedBaseline, simulatedWindow } from '../../../tools/drift-windows.ts';
import { MemoryRegistry } from '../../fixtures/memory-registry.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const START = Date.parse('2026-11-16T06:00:00Z');
const ROWS = 3_000;
const AMOUNT = 'amount, log sd 1';

const random = createRandom(5);
const { spec, reference } = simulatedBaseline(ROWS, random);
const factors = (factor: number) => simulatedWindow(spec, ROWS, random, () => factor);
const [calm, doubled] = [factors(1), factors(2)];
const small = simulatedWindow(spec, 20, random, () => 1);

const evaluation = Buffer.from(
  JSON.stringify({
    metrics: {},
    split: 'all',
    rows: { training: ROWS, heldOut: 0 },
    dataset: { sha256: '' },
    learner: 'logistic_regression',
    params: {},
    fitSeconds: 1,
  }),
);

function versionRow(createdAt: number): VersionRow {
  return {
    kind: 'version',
    model: 'm',
    version: '1',
    number: 1,
    state: 'registered',
    title: 'M',
    createdAt: new Date(createdAt).toISOString(),
    createdBy: { run: 'r' },
    learner: 'logistic_regression',
    params: {},
    seed: 0,
    datasetVersion: '1',
    rows: { training: ROWS, heldOut: 0 },
    metrics: {},
    files: [{ name: 'evaluation.json', sha256: sha256(evaluation), bytes: evaluation.length }],
  };
}

describe('a drift check', () => {
  let memory: MemoryRegistry;
  let parts: DriftParts;
  let asked: CheckWindow[];
  let now: number;
  let windows: (window: CheckWindow) => typeof calm;
  /** Before the last two days. */
  let history: typeof windows;
  let outcomes: WindowOutcomes;

  beforeEach(async () => {
    memory = new MemoryRegistry();
    const registry = new Registry(memory.documents, memory.blobs);
    await memory.blobs.create('m/1/evaluation.json', evaluation);
    await registry.addVersion(versionRow(START - 40 * DAY));
    await registry.installFirstChampion('m', '1', 'test', new Date(START));
    asked = [];
    now = START;
    windows = () => calm;
    history = () => small;
    outcomes = { performance: [] };
    parts = {
      registry,
      models: memory.blobs,
      reports: new ReportStore(memory.documents, memory.blobs),
      baselineOf: () => Promise.resolve({ model: 'm', spec, specHash: '', reference }),
      windowOf: (_model, _version, window) => {
        asked.push(window);
        return Promise.resolve(window.to <= START - 2 * DAY ? history(window) : windows(window));
      },
      outcomesOf: () => Promise.resolve(outcomes),
      time: () => now,
    };
  });

  it('takes the last 24 hours, and from then on what came since the last report', async () => {
    const first = await checkDrift(parts, 'm', {});
    expect(first.window).toEqual({ from: '2026-11-15T06:00:00.000Z', to: '2026-11-16T06:00:00.000Z' });
    expect(first).toMatchObject({ model: 'm', version: '1', rows: ROWS, drifted: false, alarm: false });
    now += 5 * HOUR;
    expect((await checkDrift(parts, 'm', {})).window.from).toBe(first.window.to);
    now += 3 * DAY;
    expect((await checkDrift(parts, 'm', {})).window.from).toBe('2026-11-18T11:00:00.000Z');
  });

  it('gives notice of what has drifted, and the alarm in the next window, with the time since when', async () => {
    windows = () => doubled;
    const first = await checkDrift(parts, 'm', {});
    expect(first).toMatchObject({ drifted: true, alarm: false });
    now += DAY;
    const second = await checkDrift(parts, 'm', {});
    expect(second).toMatchObject({ drifted: true, alarm: true });
    const amount = second.columns.find(({ column }) => column === AMOUNT);
    expect(amount).toMatchObject({ drifted: true, alarm: true, since: first.window.from });
    expect(await inputDrift(parts.reports, 'm')).toEqual({
      drifted: true,
      from: Date.parse(first.window.from),
    });
  });

  it('checks a window once', async () => {
    const window = { from: '2026-11-15T04:00:00Z', to: '2026-11-16T04:00:00' };
    const first = await checkDrift(parts, 'm', window);
    windows = () => doubled;
    expect(await checkDrift(parts, 'm', window)).toEqual(first);
    expect((await listReports(parts.reports, 'm', 10, undefined)).items).toHaveLength(1);
  });

  it('stores the report and its page, and lists the newest windows first', async () => {
    windows = () => doubled;
    const report = await checkDrift(parts, 'm', {});
    const json = memory.files.get(`m/drift/${report.id}.json`);
    expect(driftReportSchema.parse(JSON.parse(Buffer.from(json ?? []).toString()))).toEqual(report);
    const page = await parts.reports.page('m', report.id);
    expect(page).toContain(AMOUNT);
    now += DAY;
    const next = await checkDrift(parts, 'm', {});
    expect(await latestReport(parts.reports, 'm')).toEqual(next);
    const one = await listReports(parts.reports, 'm', 1, undefined);
    expect(one.items.map(({ id }) => id)).toEqual([next.id]);
    const two = await listReports(parts.reports, 'm', 1, one.next);
    expect(two.items.map(({ id }) => id)).toEqual([report.id]);
    expect(two.next).toBeUndefined();
  });

  it('ends what an attempt that was cut off has begun', async () => {
    memory.before = (call, id) => {
      if (call === 'create' && id.startsWith('drift-report:')) throw new Error('cut off');
    };
    await expect(checkDrift(parts, 'm', {})).rejects.toThrow('cut off');
    memory.before = () => undefined;
    const report = await checkDrift(parts, 'm', {});
    expect((await latestReport(parts.reports, 'm')).id).toBe(report.id);
  });

  it('compares with the same weekday once there are 28 days of it', async () => {
    // Everything is twice as large at the weekend: 2026-11-15 was a Sunday.
    const isWeekend = ({ from }: CheckWindow) => [0, 6].includes(new Date(from).getUTCDay());
    history = windows = (window) => (isWeekend(window) ? doubled : calm);
    const report = await checkDrift(parts, 'm', {});
    expect(report).toMatchObject({ drifted: false });
    expect(report.reference).toMatchObject({ rows: 4 * ROWS });
    expect(asked).toHaveLength(29);
    // A Tuesday as large as a Sunday
    now += 2 * DAY;
    windows = ({ from }) => (from >= START + DAY || isWeekend({ from, to: from }) ? doubled : calm);
    expect(await checkDrift(parts, 'm', {})).toMatchObject({ drifted: true, reference: { rows: 4 * ROWS } });
  });

  it('compares labels that have matured with those of the baseline', async () => {
    outcomes = { performance: [], labels: { rows: 20_000, positives: 800 } };
    const report = await checkDrift(parts, 'm', {});
    const label = report.columns.find(({ role }) => role === 'label');
    expect(label).toMatchObject({ drifted: true, natures: ['target'], rows: { current: 20_000 } });
  });

  it('refuses what cannot be checked', async () => {
    const check = (model: string, window: object = {}) => checkDrift(parts, model, window);
    await expect(check('other')).rejects.toMatchObject({ kind: 'not-found' });
    await expect(check('m', { to: '2027-01-01T00:00:00Z' })).rejects.toMatchObject({ kind: 'invalid' });
    await expect(check('m', { from: '2026-11-16T06:00:00Z' })).rejects.toMatchObject({ kind: 'invalid' });
    await expect(check('m', { from: '2026-01-01T06:00:00Z' })).rejects.toMatchObject({ kind: 'invalid' });
    parts = { ...parts, baselineOf: () => Promise.resolve(undefined) };
    await expect(check('m')).rejects.toMatchObject({ kind: 'conflict' });
    await expect(latestReport(parts.reports, 'm')).rejects.toMatchObject({ kind: 'not-found' });
    await expect(parts.reports.read('m', '../../secret')).rejects.toMatchObject({ kind: 'not-found' });
  });
});
