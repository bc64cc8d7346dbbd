import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DurableApp } from './durable-app.ts';

let app: DurableApp;
beforeAll(async () => {
  app = await DurableApp.start();
});
afterAll(async () => {
  await app.stop();
});

describe('a sub-orchestration', () => {
  it('is an instance of its own: with the id that it is given, or one made for it', async () => {
    const id = await app.start('parent', { childId: 'the-named-child' });
    const { named, unnamed } = (await app.output(id)) as {
      named: object;
      unnamed: { instanceId: string }[];
    };
    expect(named).toMatchObject({ instanceId: 'the-named-child', parent: id, input: { child: 'named' } });
    expect(unnamed).toEqual([
      expect.objectContaining({ parent: id, input: { child: 1 } }),
      expect.objectContaining({ parent: id, input: { child: 2 } }),
    ]);
    expect(await app.status('the-named-child')).toMatchObject({ name: 'seen', runtimeStatus: 'Completed' });
    for (const { instanceId } of unnamed) {
      expect(await app.status(instanceId)).toMatchObject({ runtimeStatus: 'Completed' });
    }
    expect(new Set(unnamed.map(({ instanceId }) => instanceId)).size).toBe(2);
  });

  it('is started again by its retry options, under the same id', async () => {
    const input = { key: 'child', succeedsAt: 3, attempts: 4, childId: 'flaky-child' };
    const id = await app.start('retryingParent', input);
    expect(await app.output(id)).toBe('child run 3');
    expect(await app.runs('child')).toBe(3);
    expect(await app.status('flaky-child')).toMatchObject({ runtimeStatus: 'Completed' });
  });

  it('fails its parent when the attempts are used up', async () => {
    const status = await app.ended(
      await app.start('retryingParent', { key: 'child-2', succeedsAt: 9, attempts: 2 }),
    );
    expect(status.runtimeStatus).toBe('Failed');
    expect(status.output).toContain('child run 2 fails');
    expect(await app.runs('child-2')).toBe(2);
  });

  it('that fails reaches its parent as an error', async () => {
    expect(await app.run('catchingParent')).toMatch(
      /Orchestrator function 'throwing' failed: thrown in the orchestrator/,
    );
  });

  it('is waited for also by a parent that has returned', async () => {
    const id = await app.start('leaving');
    await app.call('raiseEvent', id, 'leave', true);
    await app.until(id, ({ customStatus }) => customStatus === 'leaves');
    expect(await app.status(id)).toMatchObject({ runtimeStatus: 'Running', output: null });
    const child = `${id}-child`;
    await app.call('raiseEvent', child, 'go', 'at last');
    expect(await app.output(child)).toBe('at last');
    expect(await app.output(id)).toBe('left');
  });
});

describe('continue-as-new', () => {
  it('starts over with the new input and a new history, under the same id', async () => {
    const id = await app.start('eternal', { total: 0, rounds: 20, key: 'rounds' });
    const status = await app.ended(id);
    expect(status).toMatchObject({ output: 200, instanceId: id, input: { total: 190, rounds: 1 } });
    expect(await app.runs('rounds')).toBe(20);
    const types = (await app.history(id)).map(({ EventType }) => EventType);
    expect(types).toEqual([
      'ExecutionStarted',
      'TaskCompleted',
      'TimerCreated',
      'TimerFired',
      'ExecutionCompleted',
    ]);
  });

  it('leaves the timers of the earlier execution behind', async () => {
    expect(await app.run('impatient', { round: 1 })).toBeGreaterThanOrEqual(400);
  });
});

describe('a version', () => {
  it("is host.json's where the client names none", async () => {
    expect(await app.run('versioned')).toEqual({ own: '2.0.0', child: '2.0.0', older: '1.5.0' });
  });

  it("is the client's where it names an older one; a child has host.json's again", async () => {
    const id = await app.start('versioned', {}, { version: '1.0.0' });
    expect(await app.output(id)).toEqual({ own: '1.0.0', child: '2.0.0', older: '1.5.0' });
  });

  it('that is newer than the app is not run, and waits for an app that is new enough', async () => {
    const before = app.host.output().length;
    const id = await app.start('version', {}, { version: '3.0.0' });
    await app.host.printed('3.0.0', before);
    expect(await app.status(id)).toMatchObject({ runtimeStatus: 'Pending' });
    await app.call('terminate', id, 'too new');
  });
});
