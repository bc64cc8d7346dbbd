import { z } from 'zod';

const nonEmpty = z.string().trim().min(1);

const environment = z.object({
  STORAGE_CONNECTION: nonEmpty.optional(),
  STORAGE_ACCOUNT_NAME: z
    .string()
    .regex(/^[a-z0-9]{3,24}$/, 'is not a storage account name (3 to 24 lower-case letters and digits)')
    .optional(),
  COSMOS_CONNECTION: nonEmpty.optional(),
  COSMOS_ENDPOINT: z.url({ protocol: /^https$/, error: 'is not an https:// address' }).optional(),
  EVENTHUBS_CONNECTION: nonEmpty.optional(),
  EVENTHUBS_CONNECTION__fullyQualifiedNamespace: nonEmpty.optional(),
  EVENTHUBS_CONNECTION__clientId: nonEmpty.optional(),
  OPENLINEAGE_URL: z.url({ protocol: /^https?$/, error: 'is not an http(s):// address' }).optional(),
  PREDICTION_LOG: z.enum(['strict', 'lenient']).default('strict'),
  AZURE_CLIENT_ID: nonEmpty.optional(),
  DEFAULT_MODEL: z
    .string({ error: 'is missing: name the model that POST /api/score uses' })
    .regex(/^[a-z0-9][a-z0-9-]{0,62}$/, 'is not a model name (lower-case letters, digits, hyphens)'),
  LOG_LEVEL: z.enum(['debug', 'info', 'warn', 'error']).default('info'),
});

/** Services that are reached by a connection string, or by identity at an address. */
const ALTERNATIVES = [
  ['STORAGE_CONNECTION', 'STORAGE_ACCOUNT_NAME'],
  ['COSMOS_CONNECTION', 'COSMOS_ENDPOINT'],
  ['EVENTHUBS_CONNECTION', 'EVENTHUBS_CONNECTION__fullyQualifiedNamespace'],
] as const;

/** How to reach a service: with a connection string (local stack, emulators) or by managed identity (Azure). */
export type Access =
  | { readonly by: 'connection-string'; readonly connectionString: string }
  | { readonly by: 'identity'; readonly endpoint: string; readonly clientId: string | undefined };

export interface Settings {
  readonly storage: Access;
  readonly cosmos: Access;
  /** The endpoint is the fully qualified name of the namespace. */
  readonly eventHubs: Access;
  /** `strict`: a prediction that cannot be put on record is not given out; `lenient`: it is, with a warning. */
  readonly predictionLog: 'strict' | 'lenient';
  readonly defaultModel: string;
  /** Where run events are also posted to. */
  readonly openLineageUrl: string | undefined;
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
  const lines = [
    ...(parsed.error?.issues ?? []).map((issue) => `  ${issue.path.join('.')} ${issue.message}`),
    ...ALTERNATIVES.filter(([one, other]) => !(one in given) && !(other in given)).map(
      ([one, other]) => `  ${one} is missing: set it, or ${other} for access by identity`,
    ),
  ];
  if (!parsed.success || lines.length > 0) {
    throw new ConfigurationError(`The app's settings are not usable:\n${lines.join('\n')}`);
  }
  const values = parsed.data;
  const access = (
    connectionString: string | undefined,
    endpoint: string,
    clientId = values.AZURE_CLIENT_ID,
  ): Access =>
    connectionString === undefined
      ? { by: 'identity', endpoint, clientId }
      : { by: 'connection-string', connectionString };
  return {
    storage: access(
      values.STORAGE_CONNECTION,
      `https://${values.STORAGE_ACCOUNT_NAME ?? ''}.blob.core.windows.net`,
    ),
    cosmos: access(values.COSMOS_CONNECTION, values.COSMOS_ENDPOINT ?? ''),
    eventHubs: access(
      values.EVENTHUBS_CONNECTION,
      values.EVENTHUBS_CONNECTION__fullyQualifiedNamespace ?? '',
      values.EVENTHUBS_CONNECTION__clientId,
    ),
    predictionLog: values.PREDICTION_LOG,
    defaultModel: values.DEFAULT_MODEL,
    openLineageUrl: values.OPENLINEAGE_URL,
    logLevel: values.LOG_LEVEL,
  };
}
