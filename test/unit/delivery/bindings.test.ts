import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { EVENT_HUBS } from '../../../shared/azure/layout.ts';
import { textOf } from './files.ts';
import { registeredFunctions } from './registered-functions.ts';

/**
 * Each binding as the host and its extensions read it (Azure Functions 4, extension bundle 4). Azure publishes no schemas
 * on npm: these are of our own, after its reference. A field that the host does not know is a mistake of ours.
 */
const name = z.string().regex(/^[A-Za-z][A-Za-z0-9]*$/);
const into = {
  name,
  direction: z.literal('in'),
  properties: z.strictObject({ supportsDeferredBinding: z.literal('false') }),
};
const bindingSchema = z.discriminatedUnion('type', [
  z.strictObject({
    ...into,
    type: z.literal('httpTrigger'),
    methods: z.array(z.enum(['GET', 'POST', 'PUT', 'DELETE'])).min(1),
    authLevel: z.enum(['anonymous', 'function']),
    // The host's own routes begin with these.
    route: z.string().regex(/^(?!admin\b|runtime\b|\/)[a-zA-Z0-9/{}?.*_-]+$/),
  }),
  z.strictObject({
    ...into,
    type: z.literal('timerTrigger'),
    schedule: z.string().regex(/^(%[A-Z_]+%|(\S+ ){5}\S+)$/),
    runOnStartup: z.literal(false).optional(),
    useMonitor: z.boolean().optional(),
  }),
  z.strictObject({
    ...into,
    type: z.literal('eventHubTrigger'),
    connection: z.literal('EVENTHUBS_CONNECTION'),
    eventHubName: z.enum(EVENT_HUBS.map((hub) => hub.name)),
    consumerGroup: z.literal('$Default'),
    cardinality: z.literal('many'),
    dataType: z.enum(['string', 'binary', 'stream']).optional(),
  }),
  z.strictObject({ ...into, type: z.literal('durableClient'), taskHub: z.string().optional() }),
  z.strictObject({ ...into, type: z.literal('orchestrationTrigger'), orchestration: z.string().optional() }),
  z.strictObject({ ...into, type: z.literal('activityTrigger'), activity: z.string().optional() }),
  z.strictObject({ name, type: z.literal('http'), direction: z.literal('out') }),
]);
const seconds = z.strictObject({ seconds: z.number().positive() });
const retrySchema = z.strictObject({
  strategy: z.literal('exponentialBackoff'),
  retryStrategy: z.literal('exponentialBackoff'),
  maxRetryCount: z.literal(-1),
  minimumInterval: seconds,
  maximumInterval: seconds,
});

const functions = registeredFunctions();
const bindings = functions.flatMap((one) =>
  Object.values(one.bindings).map((binding) => ({ ...one, binding })),
);
const ofType = (type: string) => bindings.filter(({ binding }) => binding.type === type);
const { Values } = z
  .object({ Values: z.record(z.string(), z.string()) })
  .parse(JSON.parse(textOf('local.settings.sample.json')));

describe('the functions', () => {
  it.each(functions.map((one) => [one.name, one] as const))(
    'have bindings that the host knows: %s',
    (_, one) => {
      for (const [key, binding] of Object.entries(one.bindings)) {
        expect(bindingSchema.safeParse(binding).error?.issues ?? []).toEqual([]);
        // The reply of an HTTP function is what it returns.
        expect(key).toBe(binding.direction === 'out' ? '$return' : binding['name']);
      }
      const triggers = Object.values(one.bindings).filter(({ type }) => type.endsWith('Trigger'));
      expect(triggers).toHaveLength(1);
    },
  );

  it('have names that Azure takes, each once', () => {
    const names = functions.map((one) => one.name.toLowerCase());
    expect(names.filter((one) => !/^[a-z][a-z0-9_-]{0,126}$/.test(one))).toEqual([]);
    expect(new Set(names).size).toBe(names.length);
  });

  it('have each route and method once', () => {
    const routes = ofType('httpTrigger').flatMap(({ binding }) => {
      const { methods, route } = z.object({ methods: z.array(z.string()), route: z.string() }).parse(binding);
      return methods.map((method) => `${method} ${route.replace(/\{[^}]*\}/g, '{}')}`);
    });
    expect(routes.filter((route, index) => routes.indexOf(route) !== index)).toEqual([]);
  });

  it('try a batch of events until it is carried out, because the host would drop it otherwise', () => {
    expect(ofType('eventHubTrigger')).toHaveLength(EVENT_HUBS.length);
    for (const { retryOptions } of ofType('eventHubTrigger')) {
      expect(retrySchema.safeParse(retryOptions).error?.issues ?? []).toEqual([]);
    }
  });

  it('name settings that every environment has', () => {
    const named = JSON.stringify(bindings).match(/(?<=%)[A-Z_]+(?=%)/g) ?? [];
    expect(named).toContain('DRIFT_SCHEDULE');
    expect([...named, 'EVENTHUBS_CONNECTION'].filter((setting) => !(setting in Values))).toEqual([]);
  });
});

describe('host.json', () => {
  const time = z.string().regex(/^\d{2}:\d{2}:\d{2}$/);
  const host = z.looseObject({
    version: z.literal('2.0'),
    extensionBundle: z.strictObject({
      id: z.literal('Microsoft.Azure.Functions.ExtensionBundle'),
      // Orchestration versions need 4.26.
      version: z.literal('[4.26.0, 5.0.0)'),
    }),
    functionTimeout: time,
    extensions: z.strictObject({
      http: z.looseObject({ routePrefix: z.literal('') }),
      eventHubs: z.strictObject({
        maxEventBatchSize: z.int().positive(),
        minEventBatchSize: z.int().positive().optional(),
        maxWaitTime: time.optional(),
        batchCheckpointFrequency: z.int().positive().optional(),
        prefetchCount: z.int().positive().optional(),
        targetUnprocessedEventThreshold: z.int().positive().optional(),
        initialOffsetOptions: z.looseObject({}).optional(),
      }),
      durableTask: z.looseObject({
        hubName: z.string().regex(/^[A-Za-z][A-Za-z0-9]{2,44}$/),
        defaultVersion: z.string().regex(/^\d+\.\d+\.\d+$/),
        extendedSessionsEnabled: z.literal(false).optional(),
      }),
    }),
  });

  it('is what the host and its extensions read', () => {
    expect(host.safeParse(JSON.parse(textOf('host.json'))).error?.issues ?? []).toEqual([]);
  });

  it('names only functions that there are', () => {
    const { logging } = z
      .object({ logging: z.object({ logLevel: z.record(z.string(), z.string()) }) })
      .parse(JSON.parse(textOf('host.json')));
    const named = Object.keys(logging.logLevel).flatMap((key) => /^Function\.([^.]+)/.exec(key)?.[1] ?? []);
    const known = new Set(functions.map((one) => one.name));
    expect(named.filter((one) => !known.has(one))).toEqual([]);
  });
});
