import { describe, expect, it } from 'vitest';
import { prepareEntityTurn, runEntityTurn } from '../../../../../local/durable/entities/entity-turn.ts';
import type { NewMessage } from '../../../../../local/durable/instance.ts';
import { now, self, send, stateOf, unused, withState, worker } from './entity-counter.ts';
import { answerOf, call, entityInstance, options, requestOf, signal, turn } from './entity-hub.ts';

const at = new Date(now);
const claim = (messages: readonly NewMessage[], instance = entityInstance(self)) => ({
  instance,
  past: [],
  messages: messages.map(({ event }, index) => ({ sequence: index + 1, event })),
});

describe('a batch', () => {
  it('comes to the worker in the members that the extension writes', () => {
    const prepared = prepareEntityTurn(
      claim(send(call('add', 2), signal('get')), withState({ exists: true, state: '5' })),
      at,
      options,
    );
    if (prepared.kind !== 'invoke') throw new Error(prepared.kind);
    expect(prepared.functionName).toBe('counter');
    expect(JSON.parse(prepared.trigger)).toEqual({
      self,
      exists: true,
      state: '5',
      batch: [
        { name: 'add', input: '2', isSignal: false },
        { name: 'get', input: null, isSignal: true },
      ],
    });
  });

  it('runs in order, is answered to its callers, and leaves its state', async () => {
    const requests = [call('add', 3, 'one'), signal('add', 4), call('get', undefined, 'two'), call('who')];
    const outcome = await turn(entityInstance(self), send(...requests), worker);
    expect(outcome.messages.map(answerOf)).toEqual([
      { to: 'one', request: requests[0]?.id, response: { result: null } },
      { to: 'two', request: requests[2]?.id, response: { result: '7' } },
      {
        to: 'caller',
        request: requests[3]?.id,
        response: { result: JSON.stringify({ id: self, fresh: false }) },
      },
    ]);
    expect(outcome.messages.map(({ executionId }) => executionId)).toEqual(['one-1', 'two-1', 'caller-1']);
    expect(stateOf(outcome.instance)).toEqual({ exists: true, state: '7' });
    expect(outcome.instance).toMatchObject({
      status: 'Running',
      customStatus: '{"entityExists":true}',
      updatedAt: now,
    });
  });

  it('with a failing operation answers that one with an error, and goes on with what it left', async () => {
    const requests = [call('add', 1), call('explode'), call('get')];
    const outcome = await turn(entityInstance(self), send(...requests), worker);
    expect(outcome.messages.map((message) => answerOf(message).response)).toEqual([
      { result: null },
      // All that the library makes of an Error.
      { result: '{}', exceptionType: 'Error' },
      { result: '-1' },
    ]);
  });

  it('that deletes the entity leaves none', async () => {
    const outcome = await turn(withState({ exists: true, state: '5' }), send(signal('forget')), worker);
    expect(stateOf(outcome.instance)).toEqual({});
    expect(outcome.instance.customStatus).toBe('{}');
  });

  it('signals others, behind its answers', async () => {
    const instance = withState({ exists: true, state: '5' });
    const { messages } = await turn(instance, send(signal('pass on'), call('get')), worker);
    expect(messages.map(({ instanceId }) => instanceId)).toEqual(['caller', '@other@K', '@other@K']);
    expect(messages.slice(1).map(requestOf)).toMatchObject([
      { op: 'add', input: '5', signal: true, parent: '@counter@a@b' },
      { op: 'ping', signal: true },
    ]);
    expect(new Set(messages.slice(1).map((message) => requestOf(message).id)).size).toBe(2);
  });

  it('has no more operations than host.json allows; the rest follow in another turn', async () => {
    const requests = Array.from({ length: 7 }, (_, index) => call('add', 1, `c${String(index)}`));
    const limited = { ...options, maximumBatchSize: 3 };
    let instance = entityInstance(self);
    let messages = send(...requests);
    const answers: number[] = [];
    while (messages.length > 0) {
      const outcome = await turn(instance, messages, worker, now, limited);
      messages = outcome.messages.filter(({ instanceId }) => instanceId.startsWith('@'));
      answers.push(outcome.messages.length - messages.length);
      instance = outcome.instance;
    }
    expect(answers).toEqual([3, 3, 1]);
    expect(stateOf(instance)).toEqual({ exists: true, state: '7' });
  });

  it('whose function fails as a whole is run again', () => {
    const prepared = prepareEntityTurn(claim(send(call('get'))), at, options);
    if (prepared.kind !== 'invoke') throw new Error(prepared.kind);
    const run = (answer: Parameters<typeof runEntityTurn>[1]) => () =>
      runEntityTurn(prepared, answer, at, options);
    expect(run({ kind: 'threw', message: 'it broke', stack: '' })).toThrow('"@counter@a@b" failed: it broke');
    expect(run({ kind: 'returned', value: 'odd' })).toThrow('returned no batch result');
    expect(run({ kind: 'returned', value: { entityExists: true, results: [], signals: [] } })).toThrow(
      '0 results',
    );
  });
});

describe('a signal for later', () => {
  const due = (milliseconds: number) => new Date(now + milliseconds).toISOString();

  it('that comes too early is sent again, and one that is due runs', async () => {
    const late = { ...signal('add', 5), due: due(5_000) };
    const early = await turn(entityInstance(self), send(late), unused);
    expect(early.messages).toMatchObject([
      { instanceId: '@counter@a@b', visibleAt: now + 5_000, event: { Name: `op@${due(5_000)}` } },
    ]);
    expect(early.messages.map(requestOf)).toEqual([late]);
    const then = await turn(early.instance, early.messages, worker, now + 5_000);
    expect(stateOf(then.instance)).toEqual({ exists: true, state: '5' });
  });
});
