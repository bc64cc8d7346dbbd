import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { z } from 'zod';

const root = resolve(import.meta.dirname, '..');

/** What the stack itself sets, from where its services are. */
const OF_THE_STACK = new Set([
  'AzureWebJobsStorage',
  'STORAGE_CONNECTION',
  'COSMOS_CONNECTION',
  'EVENTHUBS_CONNECTION',
]);

/** The app's own settings for local use: those of `local.settings.sample.json`, unless the environment has them. */
export async function localSettings(): Promise<{
  readonly DEFAULT_MODEL: string;
  readonly [name: string]: string;
}> {
  const text = await readFile(resolve(root, 'local.settings.sample.json'), 'utf8');
  const { Values } = z.object({ Values: z.record(z.string(), z.string()) }).parse(JSON.parse(text));
  const own = Object.entries(Values).filter(([name]) => !OF_THE_STACK.has(name));
  const settings = Object.fromEntries(own.map(([name, value]) => [name, process.env[name] ?? value]));
  return { DEFAULT_MODEL: '', ...settings };
}

const servicesSchema = z.object({
  STORAGE_CONNECTION: z.string().min(1),
  COSMOS_CONNECTION: z.string().min(1),
  EVENTHUBS_CONNECTION: z.string().min(1),
});

/** The services that an environment names by connection strings. @throws Error naming the settings that are missing */
export function namedServices(env: Readonly<Record<string, string | undefined>>): {
  readonly storage: string;
  readonly cosmos: string;
  readonly eventHubs: string;
} {
  const parsed = servicesSchema.safeParse(env);
  if (!parsed.success) {
    const names = parsed.error.issues.map(({ path }) => path.join('.'));
    throw new Error(`The environment does not set ${names.join(', ')}`);
  }
  const { STORAGE_CONNECTION, COSMOS_CONNECTION, EVENTHUBS_CONNECTION } = parsed.data;
  return { storage: STORAGE_CONNECTION, cosmos: COSMOS_CONNECTION, eventHubs: EVENTHUBS_CONNECTION };
}
