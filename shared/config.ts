import { z } from 'zod';

const nonEmpty = z.string().trim().min(1);

const environment = z
  .object({
    STORAGE_CONNECTION: nonEmpty.optional(),
    STORAGE_ACCOUNT_NAME: z
      .string()
      .regex(/^[a-z0-9]{3,24}$/, 'is not a storage account name (3 to 24 lower-case letters and digits)')
      .optional(),
    COSMOS_CONNECTION: nonEmpty.optional(),
    COSMOS_ENDPOINT: z.url({ protocol: /^https$/, error: 'is not an https:// address' }).optional(),
    AZURE_CLIENT_ID: nonEmpty.optional(),
    DEFAULT_MODEL: z
      .string({ error: 'is missing: name the model that POST /api/score uses' })
      .regex(/^[a-z0-9][a-z0-9-]{0,62}$/, 'is not a model name (lower-case letters, digits, hyphens)'),
    LOG_LEVEL: z.enum(['debug', 'info', 'warn', 'error']).default('info'),
  })
  .superRefine((env, context) => {
    if (env.STORAGE_CONNECTION === undefined && env.STORAGE_ACCOUNT_NAME === undefined) {
      context.addIssue({
        code: 'custom',
        path: ['STORAGE_CONNECTION'],
        message: 'is missing: set it, or STORAGE_ACCOUNT_NAME for access by identity',
      });
    }
    if (env.COSMOS_CONNECTION === undefined && env.COSMOS_ENDPOINT === undefined) {
      context.addIssue({
        code: 'custom',
        path: ['COSMOS_CONNECTION'],
        message: 'is missing: set it, or COSMOS_ENDPOINT for access by identity',
      });
    }
  });

/** How to reach a service: with a connection string (local stack, emulators) or by managed identity (Azure). */
export type Access =
  | { readonly by: 'connection-string'; readonly connectionString: string }
  | { readonly by: 'identity'; readonly endpoint: string; readonly clientId: string | undefined };

export interface Settings {
  readonly storage: Access;
  readonly cosmos: Access;
  readonly defaultModel: string;
  readonly logLevel: 'debug' | 'info' | 'warn' | 'error';
}

/** Thrown when the environment is not usable; the message lists every problem, one a line. */
export class ConfigurationError extends Error {
  override readonly name = 'ConfigurationError';
}

/**
 * Reads the app's settings.
 * @throws ConfigurationError naming every missing or wrong setting, never a setting's value
 */
export function readSettings(env: Readonly<Record<string, string | undefined>>): Settings {
  // An empty setting is how a portal or a .env file says "not set".
  const given = Object.fromEntries(
    Object.entries(env).filter(([, value]) => value !== undefined && value !== ''),
  );
  const parsed = environment.safeParse(given);
  if (!parsed.success) {
    const lines = parsed.error.issues.map((issue) => `  ${issue.path.join('.')} ${issue.message}`);
    throw new ConfigurationError(`The app's settings are not usable:\n${lines.join('\n')}`);
  }
  const values = parsed.data;
  const access = (connectionString: string | undefined, endpoint: string): Access =>
    connectionString === undefined
      ? { by: 'identity', endpoint, clientId: values.AZURE_CLIENT_ID }
      : { by: 'connection-string', connectionString };
  return {
    storage: access(
      values.STORAGE_CONNECTION,
      `https://${values.STORAGE_ACCOUNT_NAME ?? ''}.blob.core.windows.net`,
    ),
    cosmos: access(values.COSMOS_CONNECTION, values.COSMOS_ENDPOINT ?? ''),
    defaultModel: values.DEFAULT_MODEL,
    logLevel: values.LOG_LEVEL,
  };
}
