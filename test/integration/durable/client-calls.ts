import { afterAll, beforeAll } from 'vitest';
import { z } from 'zod';
import { DurableApp } from './durable-app.ts';

/** Starts an app for the tests of the file. @returns a way to it, for when they run */
export function appOfFile(): () => DurableApp {
  let app: DurableApp;
  beforeAll(async () => {
    app = await DurableApp.start();
  });
  afterAll(async () => {
    await app.stop();
  });
  return () => app;
}

/** Posts JSON to the management API. */
export const post = (app: DurableApp, path: string, body?: string) =>
  app.api(path, {
    method: 'POST',
    ...(body === undefined ? {} : { body, headers: { 'content-type': 'application/json' } }),
  });

/** The management URLs of an instance as the library makes them. */
export const links = z.object({
  id: z.string(),
  statusQueryGetUri: z.string(),
  sendEventPostUri: z.string(),
  terminatePostUri: z.string(),
  rewindPostUri: z.string(),
  purgeHistoryDeleteUri: z.string(),
  suspendPostUri: z.string(),
  resumePostUri: z.string(),
});

/** Starts an instance. @returns its id, once it runs */
export async function running(app: DurableApp, name = 'waiter'): Promise<string> {
  const id = await app.start(name);
  await app.until(id, ({ runtimeStatus }) => runtimeStatus === 'Running');
  return id;
}

/** @returns the id of an instance that has completed */
export async function ended(app: DurableApp): Promise<string> {
  const id = await app.start('chain');
  await app.ended(id);
  return id;
}
