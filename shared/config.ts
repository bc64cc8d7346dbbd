import { z } from 'zod';
import { ALERT_FORMATS, type AlertFormat } from './alerts/formats.ts';
import { type Plan, planSchema } from './promotion/plan.ts';

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
  ALERT_WEBHOOK_URL: z.url({ protocol: /^https?$/, error: 'is not an http(s):// address' }).optional(),
  ALERT_FORMAT: z.enum(ALERT_FORMATS).default('cloudevents'),
  RETRAIN_ON_DRIFT: z.enum(['true', 'false']).default('true'),
  /** Set by the platform. */
  WEBSITE_HOSTNAME: nonEmpty.optional(),
  RETRAIN_PLAN: z.string().transform(parsePlan).optional(),
  APPLICATIONINSIGHTS_CONNECTION_STRING: z
    .string()
    .regex(/InstrumentationKey=[\da-f-]{36}(;|$)/i, 'is not a connection string of Application Insights')
    .optional(),
  OTEL_EXPORTER_OTLP_ENDPOINT: z
    .url({ protocol: /^https?$/, error: 'is not an http(s):// address' })
    .optional(),
  TELEMETRY_SAMPLE_RATIO: z.coerce
    .number({ error: 'is not a number' })
    .gt(0, 'is not above 0')
    .lte(1, 'is above 1')
    .default(0.05),
  AUTH_MODE: z.enum(['keys', 'entra']).default('keys'),
  ENTRA_TENANT_ID: z.guid({ error: 'is not the id of a tenant' }).optional(),
  ENTRA_AUDIENCE: nonEmpty.optional(),
  ENTRA_AUTHORITY: z
    .string()
    .refine(isAuthority, 'is not an https:// address')
    .default('https://login.microsoftonline.com'),
  LOG_LEVEL: z.enum(['debug', 'info', 'warn', 'error']).default('info'),
});

/** Where keys come from must not be open to somebody in between. Tests have an issuer of their own beside them. */
function isAuthority(text: string): boolean {
  const url = URL.parse(text);
  return url?.protocol === 'https:' || (url?.protocol === 'http:' && url.hostname === '127.0.0.1');
}

/** A promotion plan as JSON. */
function parsePlan(text: string, context: z.RefinementCtx): Plan {
  const complain = (message: string) => {
    context.addIssue({ code: 'custom', message });
    return z.NEVER;
  };
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return complain('is not JSON');
  }
  const plan = planSchema.safeParse(value);
  if (plan.success) return plan.data;
  const faults = plan.error.issues.map(({ path, message }) => `${path.join('.')} ${message}`.trim());
  return complain(`is not a promotion plan (${faults.join('; ')})`);
}

/** Services that are reached by a connection string, or by identity at an address. */
const ALTERNATIVES = [
  ['STORAGE_CONNECTION', 'STORAGE_ACCOUNT_NAME'],
  ['COSMOS_CONNECTION', 'COSMOS_ENDPOINT'],
  ['EVENTHUBS_CONNECTION', 'EVENTHUBS_CONNECTION__fullyQualifiedNamespace'],
] as const;

/** What `AUTH_MODE=entra` cannot do without. */
const OF_ENTRA = ['ENTRA_TENANT_ID', 'ENTRA_AUDIENCE'] as const;

/** How to reach a service: with a connection string (local stack, emulators) or by managed identity (Azure). */
export type Access =
  | { readonly by: 'connection-string'; readonly connectionString: string }
  | { readonly by: 'identity'; readonly endpoint: string; readonly clientId: string | undefined };

export interface TelemetrySettings {
  /** The connection string of Application Insights. */
  readonly insights: string | undefined;
  /** The managed identity that sends to it; without one, the connection string alone has to do. */
  readonly clientId: string | undefined;
  /** The address of an OTLP collector, to which `/v1/traces` and the like are added. */
  readonly collector: string | undefined;
  /** The share of traces without a failure that is kept: above 0, at most 1. */
  readonly ratio: number;
}

/** Whose tokens are taken. */
export interface EntraSettings {
  /** What a token's `iss` has to be: a tenant, in the second version of tokens. */
  readonly issuer: string;
  /** What a token's `aud` has to be: the client id of this app's registration. */
  readonly audience: string;
  /** Where the issuer publishes the keys that it signs with. */
  readonly keysUrl: URL;
}

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
  readonly alerts: {
    /** Where alerts go; nowhere but to telemetry where it is absent. May hold a secret. */
    readonly webhook: URL | undefined;
    readonly format: AlertFormat;
  };
  /** Whether a confirmed drift, or a decay of the performance, starts a retrain. */
  readonly retrainOnDrift: boolean;
  /** Where callers find this app, as far as it knows. */
  readonly publicUrl: URL | undefined;
  /** The plan of promotions that retrains hand their versions over to; the model folder's where it is absent. */
  readonly retrainPlan: Plan | undefined;
  /** Absent where telemetry is off. */
  readonly telemetry: TelemetrySettings | undefined;
  /** Whose tokens callers have to send; undefined where the host asks them for keys. */
  readonly entra: EntraSettings | undefined;
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
    ...OF_ENTRA.filter((name) => given['AUTH_MODE'] === 'entra' && !(name in given)).map(
      (name) => `  ${name} is missing: AUTH_MODE=entra needs it`,
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
    alerts: {
      webhook: values.ALERT_WEBHOOK_URL === undefined ? undefined : new URL(values.ALERT_WEBHOOK_URL),
      format: values.ALERT_FORMAT,
    },
    retrainOnDrift: values.RETRAIN_ON_DRIFT === 'true',
    publicUrl: publicUrl(values.WEBSITE_HOSTNAME),
    retrainPlan: values.RETRAIN_PLAN,
    telemetry: telemetryOf(values),
    entra: entraOf(values),
    logLevel: values.LOG_LEVEL,
  };
}

function entraOf(values: z.infer<typeof environment>): EntraSettings | undefined {
  if (values.AUTH_MODE !== 'entra') return undefined;
  const tenant = `${values.ENTRA_AUTHORITY.replace(/\/+$/, '')}/${values.ENTRA_TENANT_ID ?? ''}`;
  return {
    issuer: `${tenant}/v2.0`,
    audience: values.ENTRA_AUDIENCE ?? '',
    keysUrl: new URL(`${tenant}/discovery/v2.0/keys`),
  };
}

function telemetryOf(values: z.infer<typeof environment>): TelemetrySettings | undefined {
  const insights = values.APPLICATIONINSIGHTS_CONNECTION_STRING;
  const collector = values.OTEL_EXPORTER_OTLP_ENDPOINT;
  if (insights === undefined && collector === undefined) return undefined;
  return { insights, collector, clientId: values.AZURE_CLIENT_ID, ratio: values.TELEMETRY_SAMPLE_RATIO };
}

/** The platform names a host, with a port where it runs locally. */
function publicUrl(hostname: string | undefined): URL | undefined {
  if (hostname === undefined) return undefined;
  const isLocal = /^(?:localhost|127\.0\.0\.1)(?::|$)/.test(hostname);
  const url = `${isLocal ? 'http' : 'https'}://${hostname}`;
  return URL.canParse(url) ? new URL(url) : undefined;
}
