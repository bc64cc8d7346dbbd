import { writeFile } from 'node:fs/promises';
import { DatabaseSync } from 'node:sqlite';
import { describe, expect, onTestFinished, test } from 'vitest';
import { SqliteStore } from '../../../../../local/durable/store/sqlite-store.ts';
import { activity, completed, hubFile, instance, openHub, outcome, start } from './hub-parts.ts';
import { end, running } from './hub-steps.ts';

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
