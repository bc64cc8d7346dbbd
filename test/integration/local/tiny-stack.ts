import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { EventHubConsumerClient } from '@azure/event-hubs';
import { z } from 'zod';

/** A stack with an app that tells its settings, and what tests ask of it. */

export const app = fileURLToPath(new URL('../../fixtures/tiny-app', import.meta.url));
export const quiet = (): void => undefined;
export const eventHubs = [{ name: 'events', partitions: 2, consumerGroups: ['auditors'] }];

export const endpoints = z.object({
  http: z.string(),
  storage: z.string(),
  cosmos: z.string(),
  eventHubs: z.string().optional(),
  processes: z.object({
    supervisor: z.number(),
    host: z.array(z.number()),
    storage: z.number(),
    cosmos: z.number(),
    eventHubs: z.number().optional(),
  }),
});
export type Endpoints = z.infer<typeof endpoints>;

/** What the stack in a folder tells others. */
export async function readEndpoints(home: string): Promise<Endpoints> {
  return endpoints.parse(JSON.parse(await readFile(join(home, 'endpoints.json'), 'utf8')));
}

/** Whether a stack in the folder can be found. */
export async function isThere(home: string): Promise<boolean> {
  return readFile(join(home, 'endpoints.json')).then(
    () => true,
    () => false,
  );
}

export function runs(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

export function childrenOf({ processes }: Endpoints): number[] {
  const { host, storage, cosmos, eventHubs: broker } = processes;
  return [...host, storage, cosmos, ...(broker === undefined ? [] : [broker])];
}

const settings = z.object({
  processId: z.number(),
  storage: z.string(),
  hostStorage: z.string(),
  cosmos: z.string(),
  eventHubs: z.string().optional(),
  greeting: z.string().optional(),
});

/** The ids of the hub's partitions, as the real SDK is told. */
export async function partitions(connection: string | undefined): Promise<string[]> {
  const client = new EventHubConsumerClient('auditors', connection ?? '', 'events');
  try {
    return await client.getPartitionIds();
  } finally {
    await client.close();
  }
}

export async function ask(http: string) {
  return settings.parse(await (await fetch(`${http}/settings`)).json());
}
