import { once } from 'node:events';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { temporaryFolder } from '../host/host-process.ts';
import { DurableApp } from './durable-app.ts';

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let app: DurableApp;
beforeEach(async () => {
  folder = await temporaryFolder();
  app = await DurableApp.start(folder.path);
});
afterEach(async () => {
  await app.stop();
  await folder.remove();
});

it('goes on where it was when the host is stopped and started again', async () => {
  const waiter = await app.start('waiter');
  const timer = await app.start('timers', { inMs: 1_500 });
  const ended = await app.start('chain');
  await app.ended(ended);
  await app.until(timer, ({ runtimeStatus }) => runtimeStatus === 'Running');
  await app.call('signalEntity', { name: 'counter', key: 'kept' }, 'add', 4);
  const state = () => app.call('readEntityState', { name: 'counter', key: 'kept' });
  await expect.poll(state).toEqual({ entityExists: true, entityState: 4 });

  await app.stop();
  app = await DurableApp.start(folder.path);
  expect(await app.status(ended)).toMatchObject({ runtimeStatus: 'Completed' });
  await app.call('raiseEvent', waiter, 'go', 'after the restart');
  expect(await app.output(waiter)).toBe('after the restart');
  await app.output(timer);
  const fired = (await app.history(timer)).filter(({ EventType }) => EventType === 'TimerFired');
  expect(fired).toHaveLength(1);
  expect(await state()).toEqual({ entityExists: true, entityState: 4 });
});

it('runs an activity again that the end of its host has cut off', async () => {
  const id = await app.start('eventsFirst', { gate: 'cut-off' });
  await app.untilRun('cut-off', 1);
  const gone = once(app.host.child, 'exit');
  app.host.child.kill('SIGKILL');
  await gone;
  app = await DurableApp.start(folder.path);
  await app.untilRun('cut-off', 1);
  await app.openGate('cut-off');
  for (const number of [1, 2, 3]) await app.call('raiseEvent', id, 'early', number);
  expect(await app.output(id)).toEqual([1, 2, 3]);
});

it('does not let an activity hold up a stop for ever', async () => {
  await app.start('eventsFirst', { gate: 'never-opened' });
  await app.untilRun('never-opened', 1);
  expect(await app.host.stop()).toBe(0);
});
