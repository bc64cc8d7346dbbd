import { expect } from 'vitest';
import { z } from 'zod';
import {
  entityInstanceId,
  lockOrder,
  releaseTo,
  requestTo,
  type EntityId,
} from '../../../../../local/durable/entities/entity-messages.ts';
import type { NewMessage } from '../../../../../local/durable/instance.ts';
import { now, self, stateOf } from './entity-counter.ts';
import { answerOf, call, entityInstance, lock, turn, workerOf } from './entity-hub.ts';

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
export async function runTransfers(
  transfers: readonly Transfer[],
  keys: readonly string[],
  choose: () => number,
) {
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
