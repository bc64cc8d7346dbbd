import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DurableApp } from './durable-app.ts';

let app: DurableApp;
beforeAll(async () => {
  app = await DurableApp.start();
});
afterAll(async () => {
  await app.stop();
});

const count = (events: readonly { EventType: string }[], type: string) =>
  events.filter(({ EventType }) => EventType === type).length;

describe('an activity with retries', () => {
  it('succeeds at its third attempt', async () => {
    const id = await app.start('retried', { key: 'third', succeedsAt: 3, attempts: 5 });
    expect(await app.output(id)).toBe('run 3');
    expect(await app.runs('third')).toBe(3);
    const history = await app.history(id);
    expect([count(history, 'TaskFailed'), count(history, 'TimerFired')]).toEqual([2, 2]);
    expect(count(history, 'TaskCompleted')).toBe(1);
  });

  it('fails its orchestration when they are used up, after one timer more than there are pauses', async () => {
    const id = await app.start('retried', { key: 'vain', succeedsAt: 100, attempts: 3 });
    const status = await app.ended(id);
    expect(status.runtimeStatus).toBe('Failed');
    expect(status.output).toMatch(
      /^Orchestrator function 'retried' failed: .*Activity function 'flaky' failed: .*run 3 of vain fails/s,
    );
    expect(await app.runs('vain')).toBe(3);
    const history = await app.history(id);
    expect([count(history, 'TaskFailed'), count(history, 'TimerFired')]).toEqual([3, 3]);
  });

  it('can be caught when they are used up, and the orchestration goes on', async () => {
    const result = await app.run('retriedInVain', { key: 'caught', attempts: 2 });
    expect(result).toEqual({
      caught: expect.stringContaining('run 2 of caught fails'),
      next: 'Hello again',
    });
    expect(await app.runs('caught')).toBe(2);
  });
});

describe('a failure', () => {
  it('of an activity without retries fails its orchestration after one run', async () => {
    const status = await app.ended(await app.start('failing', { key: 'once' }));
    expect(status.runtimeStatus).toBe('Failed');
    expect(status.output).toMatch(
      /^Orchestrator function 'failing' failed: .*Activity function 'flaky' failed: .*run 1 of once fails/s,
    );
    expect(await app.runs('once')).toBe(1);
  });

  it('of an activity reaches the orchestrator as an error', async () => {
    const message = await app.run('catching', { key: 'caught-once' });
    expect(message).toMatch(/^Activity function 'flaky' failed: .*run 1 of caught-once fails/);
  });

  it('of one in Task.all reaches the orchestrator', async () => {
    expect(await app.run('oneOfAllFails', { key: 'one-of-all' })).toContain('run 1 of one-of-all fails');
  });

  it('of the orchestrator itself is its output', async () => {
    const status = await app.ended(await app.start('throwing'));
    expect(status).toMatchObject({
      runtimeStatus: 'Failed',
      output: expect.stringMatching(/^Orchestrator function 'throwing' failed: thrown in the orchestrator/),
    });
  });

  it('is not what a call of an activity that does not exist is: as on Azure it is never answered', async () => {
    const before = app.host.output().length;
    const id = await app.start('unknownActivity');
    await app.host.printed("The function 'doesNotExist' doesn't exist, is disabled", before);
    expect(await app.status(id)).toMatchObject({ runtimeStatus: 'Running' });
    await app.call('terminate', id, 'in vain');
    expect(await app.ended(id)).toMatchObject({ runtimeStatus: 'Terminated' });
  });
});

it('fails an orchestration that asks for something else when it is replayed', async () => {
  const status = await app.ended(await app.start('unsteady'));
  expect(status.runtimeStatus).toBe('Failed');
  expect(status.output).toContain('Non-Deterministic workflow detected');
});
