import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import type { LogLevel } from './core-types.ts';

/** The settings of host.json that this host honours; all others are for Azure only. */
export interface HostJson {
  /** Without slashes at its ends; may be empty. */
  readonly routePrefix: string;
  /** Options of each extension, for its driver to read. */
  readonly extensions: Readonly<Record<string, unknown>>;
  readonly logLevels: ReadonlyMap<string, LogLevel>;
}

const logLevel = z.string().transform((text, context): LogLevel => {
  switch (text.toLowerCase()) {
    case 'trace':
      return 'trace';
    case 'debug':
      return 'debug';
    case 'information':
      return 'information';
    case 'warning':
      return 'warning';
    case 'error':
      return 'error';
    case 'critical':
      return 'critical';
    case 'none':
      return 'none';
    default:
      context.addIssue({ code: 'custom', message: `"${text}" is not a log level` });
      return z.NEVER;
  }
});

const hostJson = z.looseObject({
  version: z.literal('2.0', 'must be "2.0"'),
  extensions: z
    .looseObject({ http: z.looseObject({ routePrefix: z.string().optional() }).optional() })
    .optional(),
  logging: z.looseObject({ logLevel: z.record(z.string(), logLevel).optional() }).optional(),
});

const overridePrefix = 'azurefunctionsjobhost__';

/**
 * Reads host.json of an app, with the overrides that Azure takes from the environment
 * (`AzureFunctionsJobHost__extensions__http__routePrefix=v1`).
 * @throws Error naming the file and what is wrong with it, or that it is missing
 */
export async function readHostJson(appDirectory: string, environment: NodeJS.ProcessEnv): Promise<HostJson> {
  const file = join(appDirectory, 'host.json');
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    throw new Error(`Cannot read ${file}: a Functions app needs a host.json.`, { cause: error });
  }
  return parseHostJson(text, environment, file);
}

/** The settings in the text of a host.json; `file` is its name in error messages. */
export function parseHostJson(text: string, environment: NodeJS.ProcessEnv, file: string): HostJson {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    throw new Error(`${file} is not JSON: ${String(error)}`, { cause: error });
  }
  const tree = z.record(z.string(), z.unknown()).safeParse(json).data;
  if (tree !== undefined) applyOverrides(tree, environment);
  const parsed = hostJson.safeParse(tree ?? json);
  if (!parsed.success) throw new Error(`${file}:\n${z.prettifyError(parsed.error)}`);
  const { extensions, logging } = parsed.data;
  return {
    routePrefix: (extensions?.http?.routePrefix ?? 'api').replaceAll(/^\/+|\/+$/g, ''),
    extensions: extensions ?? {},
    logLevels: new Map(Object.entries(logging?.logLevel ?? {})),
  };
}

function applyOverrides(tree: Record<string, unknown>, environment: NodeJS.ProcessEnv): void {
  for (const [name, value] of Object.entries(environment)) {
    if (value === undefined || !name.toLowerCase().startsWith(overridePrefix)) continue;
    const path = name.slice(overridePrefix.length).split(/__|:/);
    let branch = tree;
    for (const [depth, word] of path.entries()) {
      // .NET's configuration keys ignore case.
      const key = Object.keys(branch).find((known) => known.toLowerCase() === word.toLowerCase()) ?? word;
      if (depth === path.length - 1) {
        branch[key] = value;
        break;
      }
      const next: Record<string, unknown> = {
        ...z.record(z.string(), z.unknown()).safeParse(branch[key]).data,
      };
      branch[key] = next;
      branch = next;
    }
  }
}
