import type { EntityHandler } from 'durable-functions';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import {
  entityInstanceId,
  lockOrder,
  parseEntityId,
  releaseTo,
  requestTo,
  type EntityId,
  type RequestMessage,
} from '../../../../../local/durable/entities/entity-messages.ts';
import { prepareEntityTurn, runEntityTurn } from '../../../../../local/durable/entities/entity-turn.ts';
import type { Instance, NewMessage } from '../../../../../local/durable/instance.ts';
import { parseSchedulerState } from '../../../../../local/durable/entities/scheduler-state.ts';
import {
  answerOf,
  call,
  entityInstance,
  lock,
  options,
  requestOf,
  signal,
  turn,
  workerOf,
} from './entity-hub.ts';

const self: EntityId = { name: 'counter', key: 'a@b' };
const now = 1_000_000;
const at = new Date(now);

const counter: EntityHandler<unknown> = (context) => {
  const value = z.number().parse(context.df.getState(() => 0));
  switch (String(context.df.operationName)) {
    case 'add':
      context.df.setState(value + z.number().parse(context.df.getInput()));
      break;
    case 'get':
      context.df.return(value);
      break;
    case 'who':
      context.df.return({ id: context.df.entityId, fresh: context.df.isNewlyConstructed });
      break;
    case 'forget':
      context.df.destructOnExit();
      break;
    case 'pass on':
      context.df.signalEntity({ name: 'Other', key: 'K' }, 'add', value);
      context.df.signalEntity({ name: 'other', key: 'K' }, 'ping');
      break;
    default:
      context.df.setState(-1);
      throw new TypeError(`no ${context.df.operationName ?? 'operation'}`);
  }
};
const worker = workerOf(counter);
const unused = () => Promise.reject(new Error('the function is not needed'));

const send = (...requests: RequestMessage[]): NewMessage[] =>
  requests.map((request) => requestTo(self, request, now));
const claim = (messages: readonly NewMessage[], instance = entityInstance(self)) => ({
  instance,
  past: [],
  messages: messages.map(({ event }, index) => ({ sequence: index + 1, event })),
});
const stateOf = ({ input }: Instance) => parseSchedulerState(input);
const withState = (state: object): Instance => ({ ...entityInstance(self), input: JSON.stringify(state) });

describe("an entity's ids", () => {
  it('carry name and key; the key may hold the sign that divides them', () => {
    expect(entityInstanceId({ name: 'Counter', key: 'A@b' })).toBe('@counter@A@b');
    expect(parseEntityId('@counter@A@b')).toEqual({ name: 'counter', key: 'A@b' });
    expect(['counter', '@counter', '@@k', ''].map(parseEntityId)).toEqual([
      undefined,
      undefined,
      undefined,
      undefined,
    ]);
  });

  it('have one order, whatever order they are named in', () => {
    const entity = fc.record({ name: fc.constantFrom('a', 'A', 'b'), key: fc.constantFrom('x', 'y', 'z') });
    fc.assert(
      fc.property(fc.array(entity), (entities) => {
        const ordered = lockOrder(entities).map(entityInstanceId);
        expect(ordered).toEqual([...new Set(entities.map(entityInstanceId))].toSorted());
        expect(lockOrder(entities.toReversed()).map(entityInstanceId)).toEqual(ordered);
      }),
    );
  });
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

describe('a lock', () => {
  const [a, b]: [EntityId, EntityId] = [self, { name: 'counter', key: 'z' }];

  it('is passed from entity to entity, and the last one answers', async () => {
    const request = lock('holder', [a, b]);
    const first = await turn(entityInstance(a), send(request), unused);
    expect(stateOf(first.instance)).toEqual({ lockedBy: 'holder' });
    expect(first.instance.customStatus).toBe('{"lockedBy":"holder"}');
    expect(first.messages.map(({ instanceId }) => instanceId)).toEqual(['@counter@z']);
    expect(first.messages.map(requestOf)).toEqual([{ ...request, pos: 1 }]);
    const second = await turn(entityInstance(b), first.messages, unused);
    expect(second.messages.map(answerOf)).toMatchObject([{ to: 'holder', request: request.id }]);
    expect(second.messages[0]?.executionId).toBe('holder-1');
  });

  it('keeps all others waiting, clients too, until it is released', async () => {
    const held = await turn(withState({ exists: true, state: '1' }), send(lock('holder', [a])), unused);
    const others = send(call('add', 10, 'other'), signal('add', 100), lock('second', [a]));
    const waiting = await turn(held.instance, others, unused);
    expect(waiting.messages).toEqual([]);
    expect(waiting.instance.customStatus).toBe('{"entityExists":true,"queueSize":3,"lockedBy":"holder"}');
    const own = await turn(waiting.instance, send(call('get', undefined, 'holder')), worker);
    expect(own.messages.map(answerOf)).toMatchObject([{ to: 'holder', response: { result: '1' } }]);
    const release = releaseTo(a, { parent: 'holder', id: 'x' }, now);
    const wrong = await turn(own.instance, [releaseTo(a, { parent: 'other', id: 'x' }, now)], unused);
    expect(stateOf(wrong.instance).lockedBy).toBe('holder');
    const free = await turn(own.instance, [release], worker);
    expect(free.messages.map((message) => answerOf(message).to)).toEqual(['other', 'second']);
    expect(stateOf(free.instance)).toEqual({ exists: true, state: '111', lockedBy: 'second' });
  });

  it("puts its owner's operations before those that came earlier", async () => {
    const held = await turn(entityInstance(self), send(lock('holder', [a])), unused);
    const outcome = await turn(
      held.instance,
      [
        ...send(call('add', 1, 'other'), call('get', undefined, 'holder')),
        releaseTo(a, { parent: 'holder', id: 'x' }, now),
      ],
      worker,
    );
    expect(outcome.messages.map(answerOf)).toMatchObject([
      { to: 'holder', response: { result: '0' } },
      { to: 'other' },
    ]);
  });

  it('lets transfers between entities neither mix nor wait for each other for ever', async () => {
    const keys = ['a', 'b', 'c'];
    const transfer = fc.record({
      from: fc.constantFrom(...keys),
      to: fc.constantFrom(...keys),
      amount: fc.integer({ min: 1, max: 9 }),
    });
    await fc.assert(
      fc.asyncProperty(
        fc.array(transfer, { minLength: 1, maxLength: 8 }),
        fc.infiniteStream(fc.nat()),
        async (transfers, choices) => {
          const balances = await simulate(transfers, keys, () => Number(choices.next().value));
          const expected = keys.map((key) =>
            transfers.reduce(
              (sum, { from, to, amount }) => sum + (to === key ? amount : 0) - (from === key ? amount : 0),
              0,
            ),
          );
          expect(balances).toEqual(expected);
        },
      ),
      { numRuns: 40 },
    );
  });
});

interface Transfer {
  readonly from: string;
  readonly to: string;
  readonly amount: number;
}

/**
 * Runs orchestrations that lock two accounts, read one, write it back changed, and so the other: without the lock they
 * would overwrite each other. Which entity or orchestration goes on next is arbitrary.
 * @returns the balances by key
 */
async function simulate(transfers: readonly Transfer[], keys: readonly string[], choose: () => number) {
  const account = (key: string): EntityId => ({ name: 'account', key });
  const accounts = workerOf((context) => {
    const balance = z.number().parse(context.df.getState(() => 0));
    if (context.df.operationName === 'set') context.df.setState(context.df.getInput());
    else context.df.return(balance);
  });
  const entities = new Map(keys.map((key) => [entityInstanceId(account(key)), entityInstance(account(key))]));
  const inboxes = new Map<string, NewMessage[]>();
  const post = (messages: readonly NewMessage[]) => {
    for (const message of messages) {
      inboxes.set(message.instanceId, [...(inboxes.get(message.instanceId) ?? []), message]);
    }
  };
  const scripts = new Map(
    transfers.map((one, index) => [`t${String(index)}`, script(`t${String(index)}`, one)]),
  );
  for (const steps of scripts.values()) post(steps.next().value ?? []);
  for (;;) {
    const waiting = [...inboxes].filter(([, messages]) => messages.length > 0);
    const [id, messages] = waiting[choose() % Math.max(waiting.length, 1)] ?? [];
    if (id === undefined || messages === undefined) break;
    const entity = entities.get(id);
    const steps = scripts.get(id);
    if (entity !== undefined) {
      const taken = 1 + (choose() % messages.length);
      inboxes.set(id, messages.slice(taken));
      const outcome = await turn(entity, messages.slice(0, taken), accounts);
      entities.set(id, outcome.instance);
      post(outcome.messages);
    } else if (steps !== undefined) {
      const [answer, ...rest] = messages;
      if (answer === undefined) throw new Error('nothing waits');
      inboxes.set(id, rest);
      post(steps.next(answerOf(answer).response.result ?? '').value ?? []);
    }
  }
  for (const steps of scripts.values()) expect(steps.next().done).toBe(true);
  return keys.map((key) =>
    Number(stateOf(entities.get(entityInstanceId(account(key))) ?? entityInstance(self)).state ?? 0),
  );
}

function* script(id: string, { from, to, amount }: Transfer): Generator<NewMessage[], void, string> {
  const accounts = lockOrder([from, to].map((key) => ({ name: 'account', key })));
  const request = lock(id, accounts);
  const [first] = accounts;
  if (first === undefined) return;
  yield [requestTo(first, request, now)];
  for (const [key, change] of [
    [from, -amount],
    [to, amount],
  ] as const) {
    const target = { name: 'account', key };
    const balance = Number(yield [requestTo(target, call('get', undefined, id), now)]);
    yield [requestTo(target, call('set', balance + change, id), now)];
  }
  yield accounts.map((entity) => releaseTo(entity, { parent: id, id: request.id }, now));
}
