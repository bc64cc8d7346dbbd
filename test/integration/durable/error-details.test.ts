import { afterAll, beforeAll, expect, it } from 'vitest';
import { fixture, type HostProcess, startHostProcess } from '../host/host-process.ts';

/** An app with a provider of exception properties: what its orchestrators see of failures. */

let host: HostProcess;
beforeAll(async () => {
  host = await startHostProcess({ app: fixture('durable-errors-app') });
});
afterAll(async () => {
  await host.stop();
});

async function run(name: string, input: unknown): Promise<{ status: number; body: unknown }> {
  const body = JSON.stringify(input);
  const response = await fetch(`${host.url}/run/${name}`, { method: 'POST', body });
  return { status: response.status, body: await response.json() };
}

const details = {
  name: 'TaskFailedError',
  message: 'OutOfStock: only 2 of shoe left',
  taskName: 'order',
  errorType: 'OutOfStock',
  errorMessage: 'only 2 of shoe left',
  properties: { article: 'shoe', left: 2 },
  isNonRetriable: false,
  causedByOutOfStock: true,
};

it('gives the orchestrator the type, message and properties of a failure', async () => {
  expect(await run('details', { article: 'shoe', left: 2 })).toEqual({ status: 200, body: details });
});

it('gives them also when retries are used up', async () => {
  const { body } = await run('detailsAfterRetries', { article: 'shoe', left: 2 });
  expect(body).toMatchObject({ errorType: 'OutOfStock', properties: { article: 'shoe', left: 2 } });
});

it('leaves a failure without properties a plain error', async () => {
  const { body } = await run('details', { article: 'shoe' });
  expect(body).toMatchObject({ name: 'Error', message: expect.stringContaining('no details') });
  expect(body).not.toHaveProperty('properties');
});

it('passes them from a child to its parent', async () => {
  const { body } = await run('detailsOfChild', { article: 'shoe', left: 2 });
  expect(body).toMatchObject({ message: expect.stringContaining('only 2 of shoe left') });
});

it('fails an orchestration that does not catch them, with type and message', async () => {
  const { status, body } = await run('uncaught', { article: 'shoe', left: 2 });
  expect(status).toBe(500);
  expect(body).toMatchObject({ runtimeStatus: 'Failed', output: 'OutOfStock: only 2 of shoe left' });
});
