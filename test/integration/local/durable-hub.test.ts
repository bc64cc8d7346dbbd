import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { EVENT } from '../../../local/durable/history.ts';
import { SqliteStore } from '../../../local/durable/store/sqlite-store.ts';
import { instance, message, openHub, start } from '../../unit/local/durable/store/hub-parts.ts';
import { temporaryFolder } from './child.ts';

/** A host process that has opened the hub and waits to be told to begin. */
async function startHost(file: string, patience: number): Promise<ChildProcess> {
  const child = fork(new URL('./hub-worker.ts', import.meta.url), [file, String(patience)], { execArgv: [] });
  onTestFinished(() => kill(child));
  expect((await once(child, 'message'))[0]).toBe('ready');
  return child;
}

async function kill(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, 'exit');
  child.kill('SIGKILL');
  await gone;
}

function ids(count: number): string[] {
  return Array.from({ length: count }, (_, index) => `order-${index}`);
}

function createAll(hub: SqliteStore, instanceIds: readonly string[]): void {
  for (const id of instanceIds) hub.create(instance(id), start(instance(id)));
}

test('what a killed host had is ended by another one, nothing lost and nothing twice', async () => {
  const file = join(await temporaryFolder(), 'hub.db');
  const client = new SqliteStore({ file });
  onTestFinished(() => client.close());
  const orders = ids(60);
  createAll(client, orders);
  client.send(orders.slice(0, 30).map((id) => message(id, 'approve')));
  const [dying, survivor] = await Promise.all([startHost(file, 20), startHost(file, Infinity)]);
  const holding = once(dying, 'message');
  dying.send('begin');
  expect((await holding)[0]).toBe('holding');

  const ended = new Promise<void>((resolve) => {
    client.onWork(() => {
      if (client.list({ statuses: ['Completed'] }, 100, undefined).length === orders.length) resolve();
    });
  });
  survivor.send('begin');
  await kill(dying);
  client.send(orders.slice(30).map((id) => message(id, 'approve')));
  await ended;
  for (const id of orders) {
    const seen = client
      .history(id)
      .map((event) =>
        event.EventType === EVENT.taskCompleted ? event.TaskScheduledId : 100 + event.EventType,
      );
    expect(seen.toSorted((one, other) => one - other)).toEqual([0, 1, 2, 3, 4, 100, 115]);
  }
});

test('a death is noticed before the lease ends, by those who are there and by the next who comes', async () => {
  const file = join(await temporaryFolder(), 'hub.db');
  // For these two no lease ever ends.
  const first = openHub(file, () => 0);
  createAll(first, ids(12));
  const host = await startHost(file, 3);
  const holding = once(host, 'message');
  host.send('begin');
  await holding;
  first.beat();
  // Three wait for their activities, and the host has three.
  const before = first.claimTurns(100, 0);
  expect(before).toHaveLength(6);
  await kill(host);
  expect(first.claimTurns(100, 0)).toEqual([]);
  first.beat();
  const taken = first.claimTurns(100, 0);
  expect(taken).toHaveLength(3);
  for (const turn of [...before, ...taken]) first.abandonTurn(turn, 0);

  const again = await startHost(file, 0);
  const holdingAgain = once(again, 'message');
  again.send('begin');
  await holdingAgain;
  await kill(again);
  const next = openHub(file, () => 0);
  expect(next.claimTurns(100, 0)).toHaveLength(9);
  expect(next.claimActivities(100)).toHaveLength(15);
});

test('a process that stands still loses what it has with its lease, and cannot commit when it goes on', async () => {
  const file = join(await temporaryFolder(), 'hub.db');
  // For this one every lease has ended but its own.
  const other = openHub(file, () => Date.now() + 60_000);
  createAll(other, ids(6));
  const host = await startHost(file, 3);
  const holding = once(host, 'message');
  host.send('begin');
  await holding;
  host.kill('SIGSTOP');
  expect(other.claimTurns(100, 0)).toEqual([]);
  other.beat();
  expect(other.claimTurns(100, 0)).toHaveLength(3);
  host.kill('SIGCONT');
  const answer = once(host, 'message');
  host.send('go on');
  expect((await answer)[0]).toEqual([false, false, false]);
});
