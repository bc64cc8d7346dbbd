import { app, type FunctionInput, type HttpMethod } from '@azure/functions';
import { guardOf } from '../shared/app.ts';
import { ACCESS, type HttpFunctionName } from '../shared/access/groups.ts';
import { type Answer, handlerOf } from '../shared/http/route.ts';
import { clientInput } from './promotion-client.ts';

/**
 * Registers a function that answers HTTP, and who may call it: the one place where a route's level is set. The host asks
 * for a key of the function, or, with `AUTH_MODE=entra`, the guard for a token, in place of it.
 */
export function httpRoute(name: HttpFunctionName, method: HttpMethod, route: string, answer: Answer): void {
  register(name, method, route, answer, []);
}

/** The same with a client of the orchestrations for the answer. */
export function durableRoute(
  name: HttpFunctionName,
  method: HttpMethod,
  route: string,
  answer: Answer,
): void {
  register(name, method, route, answer, [clientInput]);
}

function register(
  name: HttpFunctionName,
  method: HttpMethod,
  route: string,
  answer: Answer,
  extraInputs: FunctionInput[],
): void {
  const access = ACCESS[name];
  const guard = access === 'open' ? undefined : guardOf(access);
  app.http(name, {
    methods: [method],
    authLevel: access === 'open' || guard !== undefined ? 'anonymous' : 'function',
    route,
    extraInputs,
    handler: handlerOf(answer, guard),
  });
}
