import { describe, expect, it } from 'vitest';
import { readRun, startRun } from '../../../shared/training/runs.ts';
import { MODEL } from '../../fixtures/parcels.ts';
import { ASKED, eventsOf, retrainWorld } from '../../fixtures/retrain-world.ts';

describe('a retrain', () => {
  it('runs once at a time, and takes over from a run whose orchestration is gone', async () => {
    const made = await retrainWorld();
    const first = await startRun(made.parts, made.orchestrations, MODEL, ASKED);
    await expect(startRun(made.parts, made.orchestrations, MODEL, ASKED)).rejects.toMatchObject({
      kind: 'conflict',
    });
    made.now += 120_000;
    await expect(startRun(made.parts, made.orchestrations, MODEL, ASKED)).rejects.toMatchObject({
      kind: 'conflict',
    });
    made.status = 'missing';
    const second = await startRun(made.parts, made.orchestrations, MODEL, ASKED);
    expect(made.started).toEqual([first.runId, second.runId]);
    expect(await readRun(made.parts, MODEL, first.runId)).toMatchObject({ status: 'failed' });
    expect((await eventsOf(made, first))[1]).toMatchObject({ eventType: 'FAIL' });
  });

  it('leaves the model free where it could not be started', async () => {
    const made = await retrainWorld();
    const failing = { ...made.orchestrations, start: async () => Promise.reject(new Error('no host')) };
    await expect(startRun(made.parts, failing, MODEL, ASKED)).rejects.toMatchObject({ kind: 'unavailable' });
    await startRun(made.parts, made.orchestrations, MODEL, ASKED);
    expect(made.started).toHaveLength(1);
  });

  it('lets one of two that start at the same time begin', async () => {
    const made = await retrainWorld();
    const both = [0, 1].map(async () => startRun(made.parts, made.orchestrations, MODEL, ASKED));
    const settled = await Promise.allSettled(both);
    expect(settled.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected']);
  });
});
