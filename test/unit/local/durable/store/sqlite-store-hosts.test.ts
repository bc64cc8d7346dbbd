import { readdirSync } from 'node:fs';
import { describe, expect, onTestFinished, test } from 'vitest';
import { SqliteStore } from '../../../../../local/durable/store/sqlite-store.ts';
import { completed, hubFile, instance, message, names, openHub, outcome, start } from './hub-parts.ts';
import { running } from './hub-steps.ts';

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
