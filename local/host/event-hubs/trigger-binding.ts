import { z } from 'zod';
import { findSetting } from '../app-settings.ts';

/** What an `eventHubTrigger` listens to, and how its function takes the events. */
export interface EventHubTrigger {
  /** Without an entity path. */
  readonly connectionString: string;
  /** The host name of the namespace, without a port: a broker may come back at another one. */
  readonly namespace: string;
  readonly hub: string;
  readonly consumerGroup: string;
  /** Whether the function takes a batch at a time, or one event. */
  readonly many: boolean;
  /** Whether it takes the bodies as they are instead of as text. */
  readonly binary: boolean;
}

const lowerCase = z.string().toLowerCase();
const binding = z.looseObject({
  eventHubName: z.string().min(1),
  connection: z.string().min(1),
  consumerGroup: z.string().min(1).default('$Default'),
  cardinality: lowerCase.pipe(z.enum(['one', 'many'])).default('one'),
  dataType: lowerCase.pipe(z.enum(['string', 'binary', 'stream', 'undefined'])).default('undefined'),
});

/**
 * Reads the options of a trigger whose `%NAME%`s are replaced.
 * @throws Error when an option is wrong or the connection's setting is missing
 */
export function parseEventHubTrigger(options: unknown, environment: NodeJS.ProcessEnv): EventHubTrigger {
  const parsed = binding.safeParse(options);
  if (!parsed.success) throw new Error(`its trigger's options are wrong:\n${z.prettifyError(parsed.error)}`);
  const { eventHubName, connection, consumerGroup, cardinality, dataType } = parsed.data;
  const full = findConnection(connection, environment);
  const endpoint = part(full, 'Endpoint');
  if (endpoint === undefined) {
    throw new Error(
      `the app setting ${connection} is not an Event Hubs connection string: it has no Endpoint.`,
    );
  }
  return {
    connectionString: full.replace(/(^|;)\s*EntityPath\s*=[^;]*/i, ''),
    namespace: endpoint
      .replace(/^\w+:\/\//, '')
      .replace(/[/:].*$/, '')
      .toLowerCase(),
    // As on Azure a hub that the connection string names goes before the trigger's.
    hub: part(full, 'EntityPath') ?? eventHubName,
    consumerGroup,
    many: cardinality === 'many',
    binary: dataType === 'binary' || dataType === 'stream',
  };
}

/**
 * The storage account of the host.
 * @throws Error when there is none
 */
export function findStorage(environment: NodeJS.ProcessEnv): string {
  return findConnection('AzureWebJobsStorage', environment);
}

function findConnection(name: string, environment: NodeJS.ProcessEnv): string {
  const value = findSetting(`AzureWebJobs${name}`, environment) ?? findSetting(name, environment);
  if (value !== undefined && value !== '') return value;
  const identity = Object.keys(environment).some((key) =>
    key.toLowerCase().startsWith(`${name.toLowerCase()}__`),
  );
  throw new Error(
    identity
      ? `the connection '${name}' uses an identity, which this host does not support: set ${name} to a connection string.`
      : `the app setting ${name}, which has the connection string, is missing.`,
  );
}

function part(connectionString: string, name: string): string | undefined {
  const match = new RegExp(`(?:^|;)\\s*${name}\\s*=([^;]+)`, 'i').exec(connectionString);
  return match?.[1]?.trim();
}
