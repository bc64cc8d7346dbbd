import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { z } from 'zod';
import { type App, buildApp } from '../shared/app.ts';
import { readSettings, type Settings } from '../shared/config.ts';

const endpointsSchema = z.object({
  http: z.string(),
  storage: z.string(),
  cosmos: z.string(),
  eventHubs: z.string().optional(),
  processes: z.object({ host: z.array(z.int()).optional() }).optional(),
});
export type StackEndpoints = z.infer<typeof endpointsSchema>;

/** The folder that holds the stack's state. */
export function stackHome(): string {
  return resolve(process.env['TOLLGATE_HOME'] ?? '.local');
}

/** Where the running stack is. @throws Error where none runs */
export async function stackEndpoints(home = stackHome()): Promise<StackEndpoints> {
  const text = await readFile(join(home, 'endpoints.json'), 'utf8').catch((error: unknown) => {
    throw new Error(
      `No stack runs in ${home}: start one with 'npm start', or name its folder in TOLLGATE_HOME`,
      {
        cause: error,
      },
    );
  });
  return endpointsSchema.parse(JSON.parse(text));
}

type Connections = Pick<StackEndpoints, 'storage' | 'cosmos' | 'eventHubs'>;

/** The settings that the app itself would have for services at these addresses. */
export function stackSettings(connections: Connections, defaultModel: string): Record<string, string> {
  return {
    STORAGE_CONNECTION: connections.storage,
    COSMOS_CONNECTION: connections.cosmos,
    ...(connections.eventHubs === undefined ? {} : { EVENTHUBS_CONNECTION: connections.eventHubs }),
    DEFAULT_MODEL: defaultModel,
  };
}

/** The app's parts, connected to a stack's services. */
export async function connect(connections: Connections, defaultModel: string): Promise<App> {
  const openLineage = { OPENLINEAGE_URL: process.env['OPENLINEAGE_URL'] };
  return buildApp(readSettings({ ...stackSettings(connections, defaultModel), ...openLineage }));
}

/** Settings that say which services are meant. */
const NAMING = ['STORAGE_CONNECTION', 'STORAGE_ACCOUNT_NAME', 'COSMOS_CONNECTION', 'COSMOS_ENDPOINT'];

/**
 * The settings of the services that the environment names as it does for the app, or else of the running stack.
 * @throws Error where neither is there
 */
export async function serviceSettings(): Promise<Settings> {
  // A tool for every model needs no default one.
  const env = { DEFAULT_MODEL: 'none', ...process.env };
  const isNamed = NAMING.some((name) => (process.env[name] ?? '') !== '');
  if (isNamed) return readSettings(env);
  return readSettings(stackSettings(await stackEndpoints(), 'none'));
}
