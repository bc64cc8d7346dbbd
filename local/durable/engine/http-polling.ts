import { z } from 'zod';
import type { DecisionContext } from './decision-context.ts';
import { Task, type TaskResult } from './task.ts';
import type { DurableHttpRequest } from './worker-reply.ts';

const headerValue = z.union([z.string(), z.array(z.string()).transform((values) => values.join(','))]);
const response = z.object({ statusCode: z.number(), headers: z.record(z.string(), headerValue).nullish() });

const ACCEPTED = 202;

/**
 * Makes an HTTP request by activities, and asks again where the answer is 202: after `Retry-After` seconds or
 * `pollInterval` milliseconds, at the answer's `Location`. Facts: Azure/azure-functions-durable-extension,
 * `DurableOrchestrationContext.cs`, `CallHttpAsync`.
 * @param call makes one request
 */
export function withHttpPolling(
  context: DecisionContext,
  request: DurableHttpRequest,
  pollInterval: number,
  call: (request: DurableHttpRequest) => Task,
): Task {
  const result = new Task();
  const goOn = (outcome: TaskResult): void => {
    const answer = outcome.ok ? response.safeParse(JSON.parse(outcome.value ?? 'null')) : undefined;
    if (answer?.data?.statusCode !== ACCEPTED || !request.asynchronousPatternEnabled) {
      result.settle(outcome);
      return;
    }
    const headers = lowerNames(answer.data.headers ?? {});
    const seconds = headers.get('retry-after');
    if (seconds !== undefined && !/^\s*[+-]?\d+\s*$/.test(seconds)) {
      result.fail(`The Retry-After "${seconds}" is no number of seconds.`);
      return;
    }
    const wait = seconds === undefined ? pollInterval : Number(seconds) * 1_000;
    context.createTimer(context.now + wait).task.onSettled(() => {
      const location = headers.get('location');
      if (location === undefined) result.fail('The given key Location was not present.');
      else call(pollRequest(request, location)).onSettled(goOn);
    });
  };
  call(request).onSettled(goOn);
  return result;
}

/** The key of the first request is one of a function, which the status of it does not open. */
function pollRequest(request: DurableHttpRequest, uri: string): DurableHttpRequest {
  const headers = Object.entries(request.headers ?? {}).filter(
    ([name]) => name.toLowerCase() !== 'x-functions-key',
  );
  return {
    method: 'GET',
    uri,
    headers: Object.fromEntries(headers),
    tokenSource: request['tokenSource'],
    asynchronousPatternEnabled: true,
  };
}

function lowerNames(headers: Readonly<Record<string, string>>): Map<string, string> {
  return new Map(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
}
