import { describe, expect, test } from 'vitest';
import { activity, hubFile, instance, message, names, openHub, outcome, raised, start } from './hub-parts.ts';
import { running } from './hub-steps.ts';

describe('turns', () => {
  test('get the messages in the order in which they were sent, and none twice', async () => {
    const hub = openHub(await hubFile());
    running(hub, 'a');
    hub.send([message('a', 'one'), message('a', 'two')]);
    hub.send([message('a', 'three')]);
    const [turn] = hub.claimTurns(10, 0);
    expect(names(turn?.messages.map(({ event }) => event) ?? [])).toEqual(['one', 'two', 'three']);
    hub.send([message('a', 'four')]);
    expect(hub.claimTurns(10, 0)).toEqual([]);
    if (turn !== undefined) expect(hub.commitTurn(turn, outcome(turn, 'Running'))).toBe(true);
    const [next] = hub.claimTurns(10, 0);
    expect(names(next?.messages.map(({ event }) => event) ?? [])).toEqual(['four']);
    expect(names(next?.past ?? [])).toEqual([0, 'one', 'two', 'three']);
    expect(names(hub.history('a'))).toEqual([0, 'one', 'two', 'three']);
  });

  test('are committed once', async () => {
    const hub = openHub(await hubFile());
    running(hub, 'a');
    hub.send([message('a', 'one')]);
    const [turn] = hub.claimTurns(1, 0);
    if (turn === undefined) throw new Error('nothing to claim');
    expect(hub.commitTurn(turn, outcome(turn, 'Running'))).toBe(true);
    expect(hub.commitTurn(turn, outcome(turn, 'Running', { messages: [message('a', 'two')] }))).toBe(false);
    expect(hub.claimTurns(1, 0)).toEqual([]);
    expect(() => hub.commitTurn({ ...turn }, outcome(turn, 'Running'))).toThrow(/same object/);
  });

  test('wait for messages that are visible later', async () => {
    const hub = openHub(await hubFile());
    running(hub, 'a');
    running(hub, 'b');
    hub.send([message('a', 'late', { visibleAt: 5_000 }), message('a', 'later', { visibleAt: 6_000 })]);
    hub.send([message('b', 'first', { visibleAt: 4_000 }), message('a', 'soon', { visibleAt: 4_500 })]);
    expect(hub.claimTurns(10, 3_999)).toEqual([]);
    expect(hub.nextVisibleAt(3_999)).toBe(4_000);
    expect(hub.nextVisibleAt(4_000)).toBe(4_500);
    expect(hub.nextVisibleAt(6_000)).toBeUndefined();
    const turns = hub.claimTurns(10, 5_000);
    const got = Object.fromEntries(
      turns.map((turn) => [turn.instance.instanceId, names(turn.messages.map(({ event }) => event))]),
    );
    expect(got).toEqual({ a: ['late', 'soon'], b: ['first'] });
    hub.send([message('a', 'last', { visibleAt: 7_000 }), message('a', 'next', { visibleAt: 5_500 })]);
    for (const turn of turns) hub.commitTurn(turn, outcome(turn, 'Running'));
    expect(hub.nextVisibleAt(5_000)).toBe(5_500);
    expect(hub.nextVisibleAt(5_500)).toBeUndefined();
  });

  test('of instances that wait longest come first, however many others are always due', async () => {
    const hub = openHub(await hubFile());
    for (const id of ['timer', 'busy', 'busier']) running(hub, id);
    hub.send([message('timer', 'fired', { visibleAt: 1_000 })]);
    hub.send([message('busy', 'x'), message('busier', 'x')]);
    const order: string[] = [];
    for (let turn = 0; turn < 4; turn++) {
      for (const claimed of hub.claimTurns(1, 2_000)) {
        order.push(claimed.instance.instanceId);
        // It always has something to do for itself.
        const again = [message(claimed.instance.instanceId, 'x')];
        hub.commitTurn(claimed, outcome(claimed, 'Running', { messages: again }));
      }
    }
    expect(order.slice(0, 3).toSorted()).toEqual(['busier', 'busy', 'timer']);
  });

  test('given back are delivered again, all of them, and not before the time said', async () => {
    const hub = openHub(await hubFile());
    running(hub, 'a');
    hub.send([message('a', 'one')]);
    const [turn] = hub.claimTurns(1, 0);
    if (turn !== undefined) hub.abandonTurn(turn, 8_000);
    hub.send([message('a', 'two')]);
    expect(hub.claimTurns(1, 7_999)).toEqual([]);
    expect(hub.nextVisibleAt(0)).toBe(8_000);
    if (turn !== undefined) expect(hub.commitTurn(turn, outcome(turn, 'Running'))).toBe(false);
    const [again] = hub.claimTurns(1, 8_000);
    expect(names(again?.messages.map(({ event }) => event) ?? [])).toEqual(['one', 'two']);
  });

  test('that go on in another execution drop what was meant for the one before, and keep events', async () => {
    const hub = openHub(await hubFile());
    const before = running(hub, 'a');
    hub.send([message('a', 'timer', { visibleAt: 9_000, executionId: before.executionId })]);
    hub.send([message('a', 'now')]);
    const [turn] = hub.claimTurns(1, 0);
    if (turn === undefined) throw new Error('nothing to claim');
    hub.send([message('a', 'event'), message('a', 'task', { executionId: before.executionId })]);
    const next = instance('a', { executionId: 'a/2', status: 'Running', input: '2' });
    hub.commitTurn(turn, {
      instance: next,
      history: { mode: 'replace', events: [raised('kept')] },
      activities: [activity(7)],
      messages: [start(next)],
    });
    const [after] = hub.claimTurns(1, 10_000);
    expect(names(after?.past ?? [])).toEqual(['kept']);
    expect(names(after?.messages.map(({ event }) => event) ?? [])).toEqual(['event', 0]);
    expect(after?.instance).toEqual(next);
    expect(hub.claimActivities(1)[0]).toMatchObject({ executionId: 'a/2', taskId: 7, attempt: 1 });
  });

  test('of an error inside a transaction of several calls are as if nothing had been called', async () => {
    const hub = openHub(await hubFile());
    running(hub, 'a');
    hub.send([message('a', 'one')]);
    const [turn] = hub.claimTurns(1, 0);
    if (turn === undefined) throw new Error('nothing to claim');
    expect(() =>
      hub.together(() => {
        hub.commitTurn(turn, outcome(turn, 'Running', { messages: [message('a', 'lost')] }));
        throw new Error('no');
      }),
    ).toThrow('no');
    hub.abandonTurn(turn, 0);
    const [again] = hub.claimTurns(1, 0);
    expect([again?.past, again?.messages].map((list) => list?.length)).toEqual([1, 1]);
    expect(names(again?.messages.map(({ event }) => event) ?? [])).toEqual(['one']);
  });
});
