import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { bracketed, found, root, textOf } from './bicep-text.ts';

/** Names that shared/config.ts reads. */
const config = found(
  bracketed(textOf('shared', 'config.ts'), 'const environment = z.object('),
  /^ {2}([A-Z]\w*):/gm,
);
/** Names that a binding resolves from the app settings, such as a timer's schedule. */
const resolved = readdirSync(join(root, 'functions')).flatMap((file) =>
  found(textOf('functions', file), /'%(\w+)%'/g),
);
const bicep = [
  ...found(
    bracketed(textOf('infra-bicep', 'modules', 'function-app.bicep'), 'var ownSettings ='),
    /^ {2}(\w+):/gm,
  ),
  ...found(bracketed(textOf('infra-bicep', 'main.bicep'), '    settings:'), /^ {6}(\w+):/gm),
];
const local = Object.keys(
  z
    .object({ Values: z.record(z.string(), z.string()) })
    .parse(JSON.parse(textOf('local.settings.sample.json'))).Values,
);

/** Hold a key. In Azure no account accepts one. */
const WITH_KEYS = ['STORAGE_CONNECTION', 'COSMOS_CONNECTION', 'EVENTHUBS_CONNECTION'];
/** Say where a service is that is reached by identity. Emulators are reached by key. */
const BY_IDENTITY = [
  'STORAGE_ACCOUNT_NAME',
  'COSMOS_ENDPOINT',
  'EVENTHUBS_CONNECTION__fullyQualifiedNamespace',
  'EVENTHUBS_CONNECTION__credential',
  'EVENTHUBS_CONNECTION__clientId',
  'AZURE_CLIENT_ID',
];
/** The host reads these, the app does not. */
const OF_THE_HOST = [
  'AzureWebJobsStorage__blobServiceUri',
  'AzureWebJobsStorage__queueServiceUri',
  'AzureWebJobsStorage__tableServiceUri',
  'AzureWebJobsStorage__credential',
  'AzureWebJobsStorage__clientId',
  'EVENTHUBS_CONNECTION__credential',
  'APPLICATIONINSIGHTS_AUTHENTICATION_STRING',
];
/** Azure and Core Tools set these themselves. */
const OF_THE_PLATFORM = ['WEBSITE_HOSTNAME'];
/** Settings of the public contract, which an app that does not know one yet leaves alone. */
const PUBLISHED = [
  'APPLICATIONINSIGHTS_CONNECTION_STRING',
  'OTEL_EXPORTER_OTLP_ENDPOINT',
  'DRIFT_SCHEDULE',
  'SUMMARISE_SCHEDULE',
  'RETRAIN_SCHEDULE',
  'RETRAIN_ON_DRIFT',
  'ALERT_WEBHOOK_URL',
  'ALERT_FORMAT',
  'OPENLINEAGE_URL',
  'AUTH_MODE',
];
/** Flex Consumption refuses a deployment with one of these. */
const REFUSED =
  /^(FUNCTIONS_WORKER_RUNTIME|FUNCTIONS_EXTENSION_VERSION|FUNCTIONS_WORKER_PROCESS_COUNT|WEBSITE_RUN_FROM_PACKAGE|WEBSITE_CONTENT\w*|WEBSITE_NODE_DEFAULT_VERSION|SCM_DO_BUILD_DURING_DEPLOYMENT|WEBSITE_TIME_ZONE|TZ)$/;

const without = (names: readonly string[], others: readonly string[]) =>
  [...new Set(names)].filter((name) => !others.includes(name));

describe('the app settings', () => {
  it('are found where the code and the deployment name them', () => {
    expect(config).toEqual(expect.arrayContaining(['DEFAULT_MODEL', 'STORAGE_ACCOUNT_NAME', 'LOG_LEVEL']));
    expect(resolved).toContain('RETRAIN_SCHEDULE');
    expect(bicep).toEqual(expect.arrayContaining(['DEFAULT_MODEL', 'STORAGE_ACCOUNT_NAME', 'LOG_LEVEL']));
  });

  it('of the code are all set by the deployment, except for keys', () => {
    expect(without([...config, ...resolved], [...bicep, ...WITH_KEYS, ...OF_THE_PLATFORM])).toEqual([]);
  });

  it('of the public contract are all set by the deployment', () => {
    expect(without(PUBLISHED, bicep)).toEqual([]);
  });

  it('of the deployment hold no key, and nothing that Flex Consumption refuses', () => {
    expect(bicep.filter((name) => WITH_KEYS.includes(name) || REFUSED.test(name))).toEqual([]);
  });

  it('of the deployment are all known to the code, the host or the public contract', () => {
    expect(without(bicep, [...config, ...resolved, ...OF_THE_HOST, ...PUBLISHED])).toEqual([]);
  });

  it('of the code are all in the sample for local use, except for access by identity', () => {
    expect(without([...config, ...resolved], [...local, ...BY_IDENTITY, ...OF_THE_PLATFORM])).toEqual([]);
  });

  it('of the sample for local use are all known', () => {
    const ofTheTools = ['FUNCTIONS_WORKER_RUNTIME', 'AzureWebJobsStorage'];
    expect(without(local, [...config, ...resolved, ...PUBLISHED, ...ofTheTools])).toEqual([]);
  });

  it('that lead to another service come out of the deployment too', () => {
    const outputs = found(textOf('infra-bicep', 'main.bicep'), /^output (\w+) /gm);
    const notOfTheServices = ['EVENTHUBS_CONNECTION__credential', 'EVENTHUBS_CONNECTION__clientId'];
    expect(without(BY_IDENTITY, [...outputs, ...notOfTheServices])).toEqual([]);
  });
});
