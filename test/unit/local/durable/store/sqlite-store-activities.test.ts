import { describe, expect, test } from 'vitest';
import { completed, hubFile, openHub } from './hub-parts.ts';
import { end, running } from './hub-steps.ts';

describe('activities', () => {
  test('are taken oldest first, each by one, and answer into the inbox', async () => {
    const hub = openHub(await hubFile());
    running(hub, 'a', 3);
    running(hub, 'b', 1);
    const taken = hub.claimActivities(2);
    expect(taken).toMatchObject([
      { instanceId: 'a', executionId: 'a/1', taskId: 0, name: 'Charge', input: '[0]', attempt: 1 },
      { instanceId: 'a', taskId: 1, input: '[1]' },
    ]);
    const rest = hub.claimActivities(10);
    expect(rest.map(({ instanceId, taskId }) => [instanceId, taskId])).toEqual([
      ['a', 2],
      ['b', 0],
    ]);
    expect(hub.claimActivities(10)).toEqual([]);
    for (const work of [...taken, ...rest]) {
      expect(hub.completeActivity(work, completed(work.taskId))).toBe(true);
      expect(hub.completeActivity(work, completed(work.taskId))).toBe(false);
    }
    const turns = hub.claimTurns(10, 0);
    expect(turns.map((turn) => turn.messages.map(({ event }) => event))).toEqual([
      [0, 1, 2].map((taskId) => completed(taskId)),
      [completed(0)],
    ]);
  });

  test('given back are taken again before younger ones, as another attempt', async () => {
    const hub = openHub(await hubFile());
    running(hub, 'a', 3);
    const [first] = hub.claimActivities(1);
    if (first === undefined) throw new Error('nothing to claim');
    hub.abandonActivity(first);
    const again = hub.claimActivities(2);
    expect(again.map(({ taskId, attempt }) => [taskId, attempt])).toEqual([
      [0, 2],
      [1, 1],
    ]);
    expect(hub.completeActivity(first, completed(0))).toBe(false);
    hub.abandonActivity(first);
    expect(hub.claimActivities(10).map(({ taskId }) => taskId)).toEqual([2]);
  });

  test('of an instance that was purged run, and their results are dropped', async () => {
    const hub = openHub(await hubFile());
    running(hub, 'a', 1);
    end(hub, 'a');
    hub.purge('a');
    const [work] = hub.claimActivities(1);
    if (work === undefined) throw new Error('nothing to claim');
    expect(hub.completeActivity(work, completed(0))).toBe(true);
    expect(hub.claimTurns(10, 0)).toEqual([]);
  });
});
