import { readdirSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { DatabaseSync } from 'node:sqlite';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { Instance } from '../../../../../local/durable/instance.ts';
import { SqliteStore } from '../../../../../local/durable/store/sqlite-store.ts';
import {
  activity,
  completed,
  hubFile,
  instance,
  message,
  names,
  openHub,
  outcome,
  raised,
  start,
} from './hub-parts.ts';

/** Creates an instance and runs its first turn, which schedules the activities. */
function running(hub: SqliteStore, instanceId: string, activities = 0): Instance {
  hub.create(instance(instanceId), start(instance(instanceId)));
  const turn = hub.claimTurns(1, 0)[0];
  if (turn === undefined) throw new Error('nothing to claim');
  const scheduled = Array.from({ length: activities }, (_, taskId) => activity(taskId, `[${taskId}]`));
  hub.commitTurn(turn, outcome(turn, 'Running', { activities: scheduled }));
  return { ...turn.instance, status: 'Running' };
}

function end(hub: SqliteStore, instanceId: string): void {
  hub.send([message(instanceId, 'end')]);
  for (const turn of hub.claimTurns(10, 0)) hub.commitTurn(turn, outcome(turn, 'Completed'));
}

describe('instances', () => {
  test('are found as they were created, also by a store that opens the file later', async () => {
    const file = await hubFile();
    const parent = {
      Name: 'Parent',
      Version: '2.0.0',
      OrchestrationInstance: { InstanceId: 'p', ExecutionId: 'p/1' },
      TaskScheduleId: 3,
    };
    const child = instance('child', { parent, customStatus: '"half"', input: null });
    const first = new SqliteStore({ file, background: false });
    expect(first.create(child, start(child))).toBe(true);
    await first.close();
    expect(openHub(file).find('child')).toEqual(child);
  });

  test('of one id exist once: a second one is refused and changes nothing', async () => {
    const hub = openHub(await hubFile());
    hub.create(instance('a'), start(instance('a')));
    const other = instance('a', { name: 'Other', executionId: 'a/2' });
    expect(hub.create(other, start(other))).toBe(false);
    expect(hub.find('a')?.name).toBe('Order');
    expect(hub.claimTurns(10, 0).map(({ messages }) => messages.length)).toEqual([1]);
  });

  test('can be replaced once they have ended, and not before', async () => {
    const hub = openHub(await hubFile());
    running(hub, 'a');
    const next = instance('a', { executionId: 'a/2', name: 'Again' });
    expect(hub.replaceEnded(next, start(next))).toBe(false);
    end(hub, 'a');
    expect(hub.replaceEnded(next, start(next))).toBe(true);
    expect(hub.find('a')).toEqual(next);
    expect(hub.history('a')).toEqual([]);
    expect(hub.claimTurns(10, 0).map(({ past, instance: { name } }) => [name, past.length])).toEqual([
      ['Again', 0],
    ]);
  });

  test('are listed by id, page by page, within the filter', async () => {
    const hub = openHub(await hubFile());
    const at = [1_000, 2_000, 3_000, 4_000];
    ['b2', 'a', 'b1', 'B'].forEach((id, index) => {
      const made = instance(id, { createdAt: at[index] ?? 0, status: id === 'a' ? 'Suspended' : 'Pending' });
      hub.create(made, start(made));
    });
    const entity = instance('@counter@x', { kind: 'entity', createdAt: 9_000 });
    hub.create(entity, start(entity));
    const ids = (...parameters: Parameters<SqliteStore['list']>) =>
      hub.list(...parameters).map(({ instanceId }) => instanceId);
    expect(ids({}, 10, undefined)).toEqual(['@counter@x', 'B', 'a', 'b1', 'b2']);
    expect(ids({}, 2, undefined)).toEqual(['@counter@x', 'B']);
    expect(ids({}, 2, 'B')).toEqual(['a', 'b1']);
    expect(ids({ kind: 'orchestration', instanceIdPrefix: 'b' }, 10, undefined)).toEqual(['b1', 'b2']);
    expect(ids({ kind: 'entity' }, 10, undefined)).toEqual(['@counter@x']);
    expect(ids({ createdFrom: 2_000, createdTo: 3_000 }, 10, undefined)).toEqual(['a', 'b1']);
    expect(ids({ statuses: ['Suspended', 'Failed'] }, 10, undefined)).toEqual(['a']);
    expect(ids({ statuses: [] }, 10, undefined)).toEqual([]);
  });

  test('are purged with their history once they have ended', async () => {
    const hub = openHub(await hubFile());
    for (const id of ['a', 'b', 'c']) running(hub, id);
    expect(hub.purge('a')).toBe(false);
    end(hub, 'a');
    end(hub, 'b');
    expect(hub.purge('a')).toBe(true);
    expect(hub.purge('a')).toBe(false);
    expect([hub.find('a'), hub.history('a')]).toEqual([undefined, []]);
    expect(hub.purgeAll({ instanceIdPrefix: 'x' })).toBe(0);
    expect(hub.purgeAll({ statuses: ['Completed', 'Running'] })).toBe(1);
    expect(hub.list({}, 10, undefined).map(({ instanceId }) => instanceId)).toEqual(['c']);
  });

  test('carry a megabyte in every text', async () => {
    const hub = openHub(await hubFile());
    const large = JSON.stringify('ä'.repeat(1 << 20));
    const big = instance('big', { input: large });
    hub.create(big, start(big));
    const [turn] = hub.claimTurns(1, 0);
    if (turn === undefined) throw new Error('nothing to claim');
    hub.commitTurn(turn, outcome(turn, 'Running', { activities: [activity(0, large)] }));
    const [work] = hub.claimActivities(1);
    expect(work?.input).toBe(large);
    if (work !== undefined) hub.completeActivity(work, completed(0, large));
    const [next] = hub.claimTurns(1, 0);
    expect(next?.messages.map(({ event }) => event)).toEqual([completed(0, large)]);
    expect(next?.past).toEqual([start(big).event]);
    if (next !== undefined) {
      hub.commitTurn(next, {
        ...outcome(next, 'Completed'),
        instance: { ...next.instance, status: 'Completed', output: large },
      });
    }
    expect(hub.find('big')).toMatchObject({ input: large, output: large, status: 'Completed' });
  });
});

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

describe('hosts', () => {
  test('do not take what another living host has', async () => {
    const file = await hubFile();
    const [one, two] = [openHub(file), openHub(file)];
    running(one, 'a', 1);
    one.send([message('a', 'x')]);
    expect([one.claimTurns(1, 0).length, one.claimActivities(1).length]).toEqual([1, 1]);
    two.beat();
    expect([two.claimTurns(1, 0), two.claimActivities(1)]).toEqual([[], []]);
  });

  test('see in the past what another one has done in between', async () => {
    const file = await hubFile();
    const [one, two] = [openHub(file), openHub(file)];
    running(one, 'a');
    for (const [hub, name] of [
      [two, 'x'],
      [one, 'y'],
    ] as const) {
      hub.send([message('a', name)]);
      for (const turn of hub.claimTurns(1, 0)) hub.commitTurn(turn, outcome(turn, 'Running'));
    }
    two.send([message('a', 'z')]);
    expect(names(two.claimTurns(1, 0)[0]?.past ?? [])).toEqual([0, 'x', 'y']);
    expect(names(one.history('a'))).toEqual([0, 'x', 'y']);
  });

  test('give back what they have when they close', async () => {
    const file = await hubFile();
    const one = new SqliteStore({ file, background: false });
    const two = openHub(file);
    running(one, 'a', 1);
    one.send([message('a', 'x')]);
    one.claimTurns(1, 0);
    one.claimActivities(1);
    await one.close();
    expect([two.claimTurns(1, 0).length, two.claimActivities(1).length]).toEqual([1, 1]);
    expect(readdirSync(`${file}.hosts`).filter((name) => name.endsWith('.lock'))).toHaveLength(1);
  });

  test('that do not move lose their claims with their lease, and cannot commit what they had', async () => {
    const file = await hubFile();
    let now = 1_000_000;
    const frozen = openHub(file, () => now);
    const other = openHub(file, () => now);
    running(frozen, 'a', 1);
    frozen.send([message('a', 'x')]);
    const [turn] = frozen.claimTurns(1, 0);
    const [work] = frozen.claimActivities(1);
    if (turn === undefined || work === undefined) throw new Error('nothing to claim');
    now += 9_999;
    other.beat();
    expect(other.claimTurns(1, 0)).toEqual([]);
    now += 2;
    other.beat();
    expect(frozen.commitTurn(turn, outcome(turn, 'Completed'))).toBe(false);
    expect(frozen.completeActivity(work, completed(0))).toBe(false);
    const [taken] = other.claimTurns(1, 0);
    expect(taken?.messages).toEqual(turn.messages);
    expect(other.claimActivities(1)).toMatchObject([{ sequence: work.sequence, attempt: 2 }]);
    expect(frozen.commitTurn(turn, outcome(turn, 'Completed'))).toBe(false);
    expect(frozen.completeActivity(work, completed(0))).toBe(false);
    if (taken !== undefined) expect(other.commitTurn(taken, outcome(taken, 'Running'))).toBe(true);

    // Awake again it is a host as before, with claims of its own that others take over when it stops.
    frozen.beat();
    frozen.send([message('a', 'y')]);
    expect(frozen.claimTurns(1, 0)).toHaveLength(1);
    now += 5_000;
    frozen.beat();
    now += 5_002;
    other.beat();
    expect(other.claimTurns(1, 0)).toEqual([]);
    now += 5_000;
    other.beat();
    expect(other.claimTurns(1, 0)).toHaveLength(1);
  });

  test('hear of what was added, by themselves at once and by others when they look', async () => {
    const file = await hubFile();
    const [one, two] = [openHub(file), openHub(file)];
    const heard: string[] = [];
    one.onWork(() => heard.push('one'));
    const stop = two.onWork(() => heard.push('two'));
    one.create(instance('a'), start(instance('a')));
    one.create(instance('b'), start(instance('b')));
    await Promise.resolve();
    expect(heard).toEqual(['one']);
    two.look();
    two.look();
    await Promise.resolve();
    expect(heard).toEqual(['one', 'two']);
    stop();
    one.send([message('a', 'x')]);
    two.look();
    await Promise.resolve();
    expect(heard).toEqual(['one', 'two', 'one']);
  });

  test('hear by themselves of what another one has added', async () => {
    const file = await hubFile();
    const waiting = new SqliteStore({ file });
    onTestFinished(() => waiting.close());
    const adding = openHub(file);
    const claimed = new Promise<string | undefined>((resolve) => {
      waiting.onWork(() => {
        for (const turn of waiting.claimTurns(1, 0)) resolve(turn.instance.instanceId);
      });
    });
    adding.create(instance('a'), start(instance('a')));
    expect(await claimed).toBe('a');
  });
});

describe('the file', () => {
  test('of another version, of another program and of no database is refused with the reason', async () => {
    const file = await hubFile();
    await new SqliteStore({ file, background: false }).close();
    const change = (sql: string): void => {
      const database = new DatabaseSync(file);
      database.exec(sql);
      database.close();
    };
    change('PRAGMA user_version=7');
    expect(() => new SqliteStore({ file, background: false })).toThrow(
      /has version 7 .* works with version 1/,
    );
    change('PRAGMA application_id=1');
    expect(() => new SqliteStore({ file, background: false })).toThrow(/is not a task hub/);
    await writeFile(file, 'a'.repeat(4_096));
    expect(() => new SqliteStore({ file, background: false })).toThrow(/is not a task hub/);
  });

  test('answers without scanning what waits', async () => {
    const file = await hubFile();
    const hub = openHub(file);
    running(hub, 'a', 1);
    const database = new DatabaseSync(file);
    onTestFinished(() => database.close());
    const plan = (sql: string): string =>
      database
        .prepare(`EXPLAIN QUERY PLAN ${sql}`)
        .all()
        .map(({ detail }) => String(detail))
        .join('; ');
    // The statements of inbox.ts, with values in place of parameters.
    for (const due of ['due_at = 0 ORDER BY due_order', 'due_at IS NOT NULL AND due_at <= 5']) {
      expect(plan(`SELECT key FROM living WHERE host IS NULL AND ${due} LIMIT 3`)).toMatch(
        /^SEARCH living USING (COVERING )?INDEX living_due/,
      );
    }
  });
});
