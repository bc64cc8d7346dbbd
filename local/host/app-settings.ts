import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';

const localSettings = z.looseObject({
  IsEncrypted: z.boolean().optional(),
  Values: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])).optional(),
});

/**
 * Copies the `Values` of an app's local.settings.json, where there is one, into the environment. What the
 * environment already has wins.
 * @throws Error naming the file and what is wrong with it
 */
export async function applyLocalSettings(
  appDirectory: string,
  environment: NodeJS.ProcessEnv,
): Promise<void> {
  const file = join(appDirectory, 'local.settings.json');
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return;
    throw new Error(`Cannot read ${file}: ${String(error)}`, { cause: error });
  }
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    throw new Error(`${file} is not JSON: ${String(error)}`, { cause: error });
  }
  const parsed = localSettings.safeParse(json);
  if (!parsed.success) throw new Error(`${file}:\n${z.prettifyError(parsed.error)}`);
  if (parsed.data.IsEncrypted === true)
    throw new Error(`${file} is encrypted; only plain settings can be read.`);
  for (const [name, value] of Object.entries(parsed.data.Values ?? {})) {
    environment[name] ??= String(value);
  }
}

/**
 * The value of an app setting. As in .NET's configuration, case does not matter and `:` in a name stands for
 * `__`. Undefined where there is none.
 */
export function findSetting(name: string, environment: NodeJS.ProcessEnv): string | undefined {
  for (const spelling of [name, name.replaceAll(':', '__')]) {
    const exact = environment[spelling];
    if (exact !== undefined) return exact;
    const other = Object.keys(environment).find((key) => key.toLowerCase() === spelling.toLowerCase());
    if (other !== undefined) return environment[other];
  }
  return undefined;
}

/**
 * Replaces each `%NAME%` in a binding's option by the app setting of that name; `%%` stands for a percent sign.
 * @throws Error naming the missing setting
 */
export function resolveSettings(text: string, environment: NodeJS.ProcessEnv): string {
  return text.replaceAll(/%([^%]*)%/g, (_whole, name: string) => {
    if (name === '') return '%';
    const value = findSetting(name, environment);
    if (value === undefined || value === '') {
      throw new Error(`'%${name}%' does not resolve to a value: the app setting ${name} is missing.`);
    }
    return value;
  });
}

/**
 * Whether a setting switches a function off (`AzureWebJobs.NAME.Disabled`, with underscores where an
 * environment variable cannot have dots).
 */
export function isDisabled(functionName: string, environment: NodeJS.ProcessEnv): boolean {
  return [`AzureWebJobs.${functionName}.Disabled`, `AzureWebJobs_${functionName}_Disabled`].some((name) =>
    ['true', '1'].includes((findSetting(name, environment) ?? '').toLowerCase()),
  );
}
