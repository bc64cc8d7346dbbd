import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DurableApp } from './durable-app.ts';

let app: DurableApp;
beforeAll(async () => {
  app = await DurableApp.start();
});
afterAll(async () => {
  await app.stop();
});

const raised = (events: readonly { EventType: string }[]) =>
  events.filter(({ EventType }) => EventType === 'EventRaised');

describe('a chain', () => {
  it('runs its activities in order and keeps their results, also null for none', async () => {
    expect(await app.run('chain')).toEqual(['Hello Tokyo', 'Hello Seattle', null]);
  });

  it('leaves a history that shows each activity once', async () => {
    const id = await app.start('chain');
    await app.ended(id);
    const history = await app.history(id);
    expect(history.map(({ EventType, FunctionName }) => [EventType, FunctionName])).toEqual([
      ['ExecutionStarted', 'chain'],
      ['TaskCompleted', 'hello'],
      ['TaskCompleted', 'hello'],
      ['TaskCompleted', 'nothing'],
      ['ExecutionCompleted', undefined],
    ]);
    expect(history[1]?.['Result']).toBe('Hello Tokyo');
    expect(history.at(-1)).toMatchObject({ OrchestrationStatus: 'Completed' });
  });
});

describe('a fan-out', () => {
  const key = 'fan-out';
  const openAll = (numbers: readonly number[]) =>
    Promise.all(numbers.map((number) => app.openGate(`${key}/${String(number)}`)));

  it('runs no more activities at a time than host.json allows, and each once', async () => {
    const numbers = Array.from({ length: 10 }, (_, index) => index + 1);
    const id = await app.start('fanOut', { key, numbers });
    await app.untilRun(key, 4);
    const first = await app.status(id);
    expect(first).toMatchObject({ runtimeStatus: 'Running', output: null });
    expect(await app.runs(key)).toBe(4);
    await openAll(numbers.toReversed());
    expect(await app.output(id)).toBe(385);
    expect(await app.runs(key)).toBe(10);
  });
});

describe('a monitor', () => {
  it('looks again after each timer, until it sees what it waits for', async () => {
    const id = await app.start('monitor', { key: 'm1', wanted: 3, everyMs: 20, forMs: 60_000 });
    expect(await app.output(id)).toBe('reached 3');
    const types = (await app.history(id)).map(({ EventType }) => EventType);
    expect(types.filter((type) => type === 'TimerFired')).toHaveLength(2);
  });

  it('gives up when its time is over', async () => {
    expect(await app.run('monitor', { key: 'm2', wanted: 1_000, everyMs: 30, forMs: 100 })).toBe('gave up');
  });
});

describe('a decision with a time-out', () => {
  it('says by its custom status what it waits for, and takes the decision', async () => {
    const id = await app.start('approval', { timeoutMs: 3_600_000 });
    const waiting = await app.until(id, ({ customStatus }) => customStatus !== null);
    expect(waiting).toMatchObject({ runtimeStatus: 'Running', customStatus: { waitingFor: 'approval' } });
    await app.call('raiseEvent', id, 'decision', { by: 'Ann', approved: true });
    expect(await app.output(id)).toEqual({ by: 'Ann', approved: true });
  });

  it('ends by its timer', async () => {
    expect(await app.run('approval', { timeoutMs: 50 })).toBe('timed out');
  });

  it('ignores an event of another name', async () => {
    const id = await app.start('approval', { timeoutMs: 300 });
    await app.call('raiseEvent', id, 'indecision', { approved: true });
    expect(await app.output(id)).toBe('timed out');
  });
});

describe('events', () => {
  it('that come before anybody waits for them are kept, in their order', async () => {
    const id = await app.start('eventsFirst', { gate: 'events-first' });
    await app.untilRun('events-first', 1);
    for (const number of [1, 2, 3]) await app.call('raiseEvent', id, 'early', number);
    await app.openGate('events-first');
    expect(await app.output(id)).toEqual([1, 2, 3]);
    expect(raised(await app.history(id))).toHaveLength(3);
  });

  it('that come before the first turn are kept', async () => {
    const id = await app.start('waiter');
    await app.call('raiseEvent', id, 'go', { early: true });
    expect(await app.output(id)).toEqual({ early: true });
  });

  it('of two names are awaited together', async () => {
    const id = await app.start('twoEvents');
    await app.call('raiseEvent', id, 'right', 'R');
    await app.call('raiseEvent', id, 'left', 'L');
    expect(await app.output(id)).toEqual(['L', 'R']);
  });

  it('may hold anything that JSON can say', async () => {
    for (const data of [null, 0, false, '', 'text', [1, [2]], { deep: { er: ['é', '\u2028', '😀'] } }]) {
      const id = await app.start('waiter');
      await app.call('raiseEvent', id, 'go', data);
      expect(await app.output(id)).toEqual(data);
    }
  });
});

it('runs an activity again that is awaited in a second Task.any, as Azure does', async () => {
  const gate = 'any-twice';
  const id = await app.start('anyTwice', { gate });
  await app.untilRun(gate, 1);
  await app.call('raiseEvent', id, 'first', 1);
  await app.untilRun(gate, 2);
  await app.call('raiseEvent', id, 'second', 2);
  // It ends when all that it has begun has ended.
  await app.openGate(gate);
  expect(await app.output(id)).toBe('not yet');
  expect(await app.runs(gate)).toBe(2);
});

describe('a custom status', () => {
  it('follows the orchestration and stays after its end', async () => {
    const id = await app.start('stages');
    for (const stage of ['one', 'two', 'three']) {
      await app.until(id, ({ customStatus }) => JSON.stringify(customStatus) === JSON.stringify({ stage }));
      await app.call('raiseEvent', id, 'next', {});
    }
    expect(await app.ended(id)).toMatchObject({ output: 'done', customStatus: { stage: 'three' } });
  });
});

describe('a timer', () => {
  it('fires not before its time', async () => {
    const { fireAt, now } = (await app.run('timers', { inMs: 120 })) as { fireAt: number; now: number };
    expect(now).toBeGreaterThanOrEqual(fireAt);
  });

  it('of the past fires at once', async () => {
    await expect(app.run('timers', { at: '2020-01-01T00:00:00Z' })).resolves.toMatchObject({
      fireAt: Date.parse('2020-01-01T00:00:00Z'),
    });
  });

  it('beyond six days is split: the first part is three days long', async () => {
    const days = 86_400_000;
    const id = await app.start('timers', { inMs: 10 * days });
    const started = await app.until(id, ({ runtimeStatus }) => runtimeStatus === 'Running');
    await expect
      .poll(async () => (await app.history(id)).find(({ EventType }) => EventType === 'TimerCreated'))
      .toBeDefined();
    const timer = (await app.history(id)).find(({ EventType }) => EventType === 'TimerCreated');
    const from = Date.parse(started.createdTime);
    const wait = Date.parse(String(timer?.['FireAt'])) - from;
    expect(Math.round(wait / days)).toBe(3);
    await app.call('terminate', id, 'enough');
  });
});

describe('what an orchestrator sees of itself', () => {
  it('is its ids, its version and a clock and ids that replay cannot change', async () => {
    const id = await app.start('seen', { some: 'input' }, { instanceId: 'self-portrait' });
    expect(id).toBe('self-portrait');
    const seen = await app.output(id);
    expect(seen).toMatchObject({
      input: { some: 'input' },
      instanceId: id,
      parent: null,
      version: '2.0.0',
      replaying: false,
    });
    const { guids, before } = seen as { guids: string[]; before: string };
    expect(new Set(guids).size).toBe(2);
    const completed = (await app.history(id)).find(({ EventType }) => EventType === 'TaskCompleted');
    expect(completed?.['Result']).toEqual({ guids });
    expect(Date.parse(before)).toBeGreaterThan(Date.now() - 60_000);
  });

  it('is an empty text where it was started without input', async () => {
    const id = String(await app.call('startNew', 'seen', {}));
    expect(await app.output(id)).toMatchObject({ input: '' });
  });
});

it('carries inputs and outputs of a megabyte and more', async () => {
  const text = 'x'.repeat(1_048_576);
  const id = await app.start('large', { text });
  const { output, customStatus, input } = await app.ended(id);
  expect(customStatus).toBe(1_048_576);
  expect(input).toEqual({ text });
  expect(output).toEqual({ made: 'é'.repeat(1_048_576), text });
});
