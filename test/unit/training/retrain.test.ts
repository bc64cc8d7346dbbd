import { describe, expect, it } from 'vitest';
import { Failure } from '../../../shared/failure.ts';
import { advanceRun, runTrialOf } from '../../../shared/training/retrain.ts';
import { readRun, startRun } from '../../../shared/training/runs.ts';
import { AT, MODEL } from '../../fixtures/parcels.ts';
import { ASKED, carryOut, eventsOf, retrainWorld } from '../../fixtures/retrain-world.ts';

describe('a retrain', () => {
  it('searches, registers one version and hands it over, with each trial on record', async () => {
    const made = await retrainWorld();
    const ref = await startRun(made.parts, made.orchestrations, MODEL, ASKED);
    const run = await carryOut(made, ref);
    expect(run.error).toBeUndefined();
    expect(run).toMatchObject({ status: 'registered', step: 'done', version: '2' });
    expect(run.trials.map(({ rung }) => rung)).toEqual([0, 0, 0, 0, 1]);
    expect([...made.promoted]).toEqual([`2 ${run.promotionId}`]);
    const evaluation: unknown = JSON.parse(
      Buffer.from(made.memory.files.get(`${MODEL}/2/evaluation.json`)!).toString(),
    );
    // The same rows are held out as were from the champion.
    expect(evaluation).toMatchObject({
      comparison: { champion: { version: '1' }, rows: 300 },
      dataset: { trainingSet: ref.runId },
    });
    expect(made.memory.files.has(`${MODEL}/2/definition.json`)).toBe(true);
  });

  it('ends with one version, whichever write it is killed at', async () => {
    let isKilled = true;
    let killed = 3;
    for (; isKilled; killed += 1) {
      const made = await retrainWorld();
      const ref = await startRun(made.parts, made.orchestrations, MODEL, ASKED);
      let count = 2;
      isKilled = false;
      made.memory.before = (call) => {
        if (call === 'create' || call === 'replace' || call === 'write') count += 1;
        // The write before this one is done, and whoever made it is no more.
        if (count === killed) {
          count += 1;
          isKilled = true;
          throw new Failure('unavailable', 'killed');
        }
      };
      const run = await carryOut(made, ref);
      expect(run, `killed at write ${killed}`).toMatchObject({ status: 'registered' });
      expect(run.trials).toHaveLength(5);
      const { items } = await made.parts.registry.versions(MODEL, 10);
      expect(items.filter(({ createdBy }) => createdBy.run === ref.runId)).toHaveLength(1);
      expect(made.promoted.size).toBe(1);
      const events = await eventsOf(made, ref);
      expect(events.map(({ eventType }) => eventType)).toEqual(['START', 'COMPLETE']);
      expect(events[1]?.outputs).toMatchObject([{ facets: { version: { datasetVersion: run.version } } }]);
    }
    // Until one was through before its turn came.
    expect(killed).toBeGreaterThan(20);
  });

  it('ends with one version where each of its activities runs twice at the same time', async () => {
    const made = await retrainWorld();
    const ref = await startRun(made.parts, made.orchestrations, MODEL, ASKED);
    const twice = async <T>(act: () => Promise<T>) => Promise.all([act(), act()]);
    for (let isDone = false; !isDone;) {
      const [next] = await twice(async () => advanceRun(made.parts, ref));
      isDone = next.done;
      for (const trial of next.trials) await twice(async () => runTrialOf(made.parts, ref, trial));
    }
    const run = await readRun(made.parts, MODEL, ref.runId);
    expect(run).toMatchObject({ status: 'registered' });
    expect(run.trials).toHaveLength(5);
    const { items } = await made.parts.registry.versions(MODEL, 10);
    expect(items.map(({ createdBy, version }) => [createdBy.run, version])).toEqual([
      [ref.runId, run.version],
      ['first', '1'],
    ]);
    expect(made.promoted.size).toBe(1);
    expect(await eventsOf(made, ref)).toHaveLength(2);
  });

  it('leaves events of what it read, what it chose and what it made', async () => {
    const made = await retrainWorld();
    const ref = await startRun(made.parts, made.orchestrations, MODEL, ASKED);
    made.now += 1_000;
    const run = await carryOut(made, ref);
    const [started, ended] = await eventsOf(made, ref);
    expect(started).toMatchObject({ eventTime: run.startedAt, job: { name: `${MODEL}.train` }, inputs: [] });
    const window = `${AT.toISOString()}/${AT.toISOString()}`;
    expect(ended).toMatchObject({
      eventType: 'COMPLETE',
      eventTime: run.endedAt,
      inputs: [
        { name: `datasets/${MODEL}`, facets: { version: { datasetVersion: '1' } } },
        {
          name: `predictions/${MODEL}`,
          facets: {
            version: { datasetVersion: window },
            schema: { fields: ['id', 'weight', 'distance'].map((name) => ({ name })) },
            tollgate_window: { used: 0 },
          },
        },
        { name: `labels/${MODEL}`, facets: { tollgate_labels: { asOf: run.startedAt, unlabelled: 'drop' } } },
      ],
      outputs: [{ name: `models/${MODEL}`, facets: { version: { datasetVersion: '2' } } }],
    });
    const best = run.trials.find(({ rung }) => rung === 1);
    expect(ended?.run.facets?.['tollgate_training']).toMatchObject({
      reason: 'a test',
      learner: 'logistic_regression',
      trial: { rung: 1, params: best?.params, metrics: best?.metrics },
    });
    // Recorded again, nothing is different.
    await advanceRun(made.parts, ref);
    expect(await eventsOf(made, ref)).toEqual([started, ended]);
  });

  it('rejects a version that fails a gate, with the reason, and promotes nothing', async () => {
    const made = await retrainWorld({ trainingGates: { minimum: { aucRoc: 0.999 } } });
    const run = await carryOut(made, await startRun(made.parts, made.orchestrations, MODEL, ASKED));
    expect(run).toMatchObject({ status: 'rejected', version: '2' });
    expect(run.error).toContain('aucRoc');
    expect(await made.parts.registry.version(MODEL, '2')).toMatchObject({ state: 'rejected' });
    expect(made.promoted.size).toBe(0);
  });

  it('stops before the promotion where the model says so', async () => {
    const made = await retrainWorld({ retrain: { promote: false } });
    const run = await carryOut(made, await startRun(made.parts, made.orchestrations, MODEL, ASKED));
    expect(run).toMatchObject({ status: 'registered', version: '2' });
    expect(run.promotionId).toBeUndefined();
    expect(made.promoted.size).toBe(0);
  });

  it('skips a scheduled run without enough new rows, and fits nothing', async () => {
    const made = await retrainWorld();
    const run = await carryOut(
      made,
      await startRun(made.parts, made.orchestrations, MODEL, { ...ASKED, trigger: 'schedule' }),
    );
    expect(run).toMatchObject({
      status: 'skipped',
      trials: [],
      error: expect.stringContaining('Only 0 labelled rows'),
    });
    expect((await eventsOf(made, run))[1]).toMatchObject({ eventType: 'ABORT', outputs: [] });
    expect((await made.parts.registry.versions(MODEL, 10)).items).toHaveLength(1);
  });

  it('stops at data that do not meet the expectations, and names them', async () => {
    const made = await retrainWorld();
    const row = await made.parts.registry.dataset(MODEL, '1');
    if (row === undefined) throw new Error('no data set');
    const expectations = { suite: 'rows', success: false, evaluated: 1, failed: ['weight is negative'] };
    await made.parts.registry.addDataset({ ...row, version: '2', number: 2, expectations });
    const run = await carryOut(made, await startRun(made.parts, made.orchestrations, MODEL, ASKED));
    expect(run).toMatchObject({
      status: 'failed',
      step: 'validate',
      error: expect.stringContaining('weight is negative'),
    });
    const events = await eventsOf(made, run);
    expect(events.map(({ eventType }) => eventType)).toEqual(['START', 'FAIL']);
    expect(events[1]?.run.facets?.['errorMessage']).toMatchObject({ message: run.error });
  });

  it('holds the assembled rows to the expectations, and hands them on with the version', async () => {
    const heaviest = (max: number) => ({
      name: 'parcels',
      expectations: [
        {
          type: 'expect_column_max_to_be_between',
          kwargs: { column: 'weight', max_value: max },
          notes: 'Grams',
        },
      ],
    });
    const narrow = await retrainWorld({}, heaviest(1));
    const failed = await carryOut(narrow, await startRun(narrow.parts, narrow.orchestrations, MODEL, ASKED));
    expect(failed).toMatchObject({ status: 'failed', step: 'assemble', trials: [] });
    expect(failed.error).toContain("1500 rows) does not meet the expectations of 'parcels'");
    expect(failed.error).toContain("the largest value of 'weight' should be at most 1");
    expect(failed.error).toContain('Grams');
    const report = narrow.memory.files.get(`${MODEL}/training-sets/${failed.runId}/expectations.json`)!;
    expect(JSON.parse(Buffer.from(report).toString())).toMatchObject({ success: false, rows: 1_500 });

    const wide = await retrainWorld({}, heaviest(5));
    const run = await carryOut(wide, await startRun(wide.parts, wide.orchestrations, MODEL, ASKED));
    expect(run).toMatchObject({ status: 'registered', version: '2' });
    const handedOn = wide.memory.files.get(`${MODEL}/2/expectations.json`)!;
    expect(JSON.parse(Buffer.from(handedOn).toString())).toEqual(heaviest(5));
  });
});
