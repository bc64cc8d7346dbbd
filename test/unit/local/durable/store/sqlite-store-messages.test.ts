import { describe, expect, test } from 'vitest';
import { hubFile, instance, message, names, openHub, outcome, start } from './hub-parts.ts';
import { end, running } from './hub-steps.ts';

describe('messages', () => {
  test('to nobody, to the ended and to another execution are dropped', async () => {
    const hub = openHub(await hubFile());
    running(hub, 'ended');
    hub.send([message('ended', 'later', { visibleAt: 1_000 })]);
    end(hub, 'ended');
    running(hub, 'a');
    hub.send([
      message('nobody', 'x'),
      message('ended', 'x'),
      message('a', 'old', { executionId: 'a/0' }),
      message('a', 'current', { executionId: 'a/1' }),
      message('@entity@k', 'old', { executionId: 'e/1' }),
    ]);
    const turns = hub.claimTurns(10, 2_000);
    expect(turns.map(({ instance: { instanceId } }) => instanceId)).toEqual(['a']);
    expect(names(turns[0]?.messages.map(({ event }) => event) ?? [])).toEqual(['current']);
    expect(hub.find('nobody')).toBeUndefined();
    expect(hub.nextVisibleAt(0)).toBeUndefined();
  });

  test('that start a sub-orchestration make the child at once, in place of one that is there', async () => {
    const hub = openHub(await hubFile());
    const parent = {
      Name: 'Order',
      Version: '1.0.0',
      OrchestrationInstance: { InstanceId: 'p', ExecutionId: 'p/1' },
      TaskScheduleId: 0,
    };
    const child = instance('child', { parent });
    running(hub, 'p');
    hub.send([message('p', 'go')]);
    const [turn] = hub.claimTurns(1, 0);
    if (turn === undefined) throw new Error('nothing to claim');
    const messages = [start(child), message('child', 'early')];
    hub.commitTurn(turn, outcome(turn, 'Running', { messages }));
    expect(hub.find('child')).toEqual(child);
    const [first] = hub.claimTurns(1, 0);
    expect(names(first?.messages.map(({ event }) => event) ?? [])).toEqual([0, 'early']);

    const again = instance('child', { parent, executionId: 'child/2' });
    hub.send([start(again)]);
    expect(hub.find('child')).toEqual(again);
    if (first !== undefined) expect(hub.commitTurn(first, outcome(first, 'Completed'))).toBe(false);
    expect(hub.find('child')).toEqual(again);
  });

  test('make an entity that does not exist', async () => {
    const hub = openHub(await hubFile());
    hub.send([message('@counter@x', 'op'), message('@counter@x', 'op2')]);
    const [turn] = hub.claimTurns(10, 0);
    expect(turn?.instance).toMatchObject({ instanceId: '@counter@x', kind: 'entity', status: 'Running' });
    expect(names(turn?.messages.map(({ event }) => event) ?? [])).toEqual(['op', 'op2']);
    expect(hub.claimTurns(10, 0)).toEqual([]);
  });
});
