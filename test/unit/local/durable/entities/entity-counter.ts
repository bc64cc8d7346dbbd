import type { EntityHandler } from 'durable-functions';
import { z } from 'zod';
import {
  requestTo,
  type EntityId,
  type RequestMessage,
} from '../../../../../local/durable/entities/entity-messages.ts';
import { parseSchedulerState } from '../../../../../local/durable/entities/scheduler-state.ts';
import type { Instance, NewMessage } from '../../../../../local/durable/instance.ts';
import { entityInstance, workerOf } from './entity-hub.ts';

/** The entity under test. */
export const self: EntityId = { name: 'counter', key: 'a@b' };
export const now = 1_000_000;

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

export const worker = workerOf(counter);

/** The worker of a turn that has nothing to run. */
export const unused = () => Promise.reject(new Error('the function is not needed'));

/** Requests as they come to the entity. */
export const send = (...requests: RequestMessage[]): NewMessage[] =>
  requests.map((request) => requestTo(self, request, now));

export const stateOf = ({ input }: Instance) => parseSchedulerState(input);
export const withState = (state: object): Instance => ({
  ...entityInstance(self),
  input: JSON.stringify(state),
});
