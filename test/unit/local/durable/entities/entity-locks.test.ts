import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { releaseTo, type EntityId } from '../../../../../local/durable/entities/entity-messages.ts';
import { now, self, send, stateOf, unused, withState, worker } from './entity-counter.ts';
import { answerOf, call, entityInstance, lock, requestOf, signal, turn } from './entity-hub.ts';
import { runTransfers } from './entity-transfers.ts';

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
          const balances = await runTransfers(transfers, keys, () => Number(choices.next().value));
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
