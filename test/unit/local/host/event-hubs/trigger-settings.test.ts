import { describe, expect, it } from 'vitest';
import { findStorage, parseEventHubTrigger } from '../../../../../local/host/event-hubs/trigger-binding.ts';
import { parseEventHubsOptions } from '../../../../../local/host/event-hubs/trigger-options.ts';

const endpoint = 'Endpoint=sb://Name.servicebus.windows.net:5671/;SharedAccessKeyName=k;SharedAccessKey=v=';

describe('the options in host.json', () => {
  const parse = (eventHubs: Record<string, unknown>) => parseEventHubsOptions({ http: {}, eventHubs });

  it("are Azure's where nothing is said", () => {
    const azure = {
      maxEventBatchSize: 100,
      minEventBatchSize: 1,
      maxWaitTime: 60_000,
      batchCheckpointFrequency: 1,
      prefetchCount: 300,
      initialPosition: { kind: 'start' },
    };
    expect(parse({})).toMatchObject(azure);
    expect(parseEventHubsOptions(undefined)).toMatchObject(azure);
  });

  it('may be texts, in any case, as from environment variables', () => {
    const options = parseEventHubsOptions({
      EVENTHUBS: { MaxEventBatchSize: '500', maxwaittime: '00:00:02.5', prefetchCount: 1_000, unknown: {} },
    });
    expect(options).toMatchObject({ maxEventBatchSize: 500, maxWaitTime: 2_500, prefetchCount: 1_000 });
    expect(parse({ partitionOwnershipExpirationInterval: '1.02:03:04' }).ownershipExpiration).toBe(
      93_784_000,
    );
  });

  it.each([
    [{ type: 'fromStart' }, { kind: 'start' }],
    [{ Type: 'FromEnd' }, { kind: 'end' }],
    [
      { type: 'fromEnqueuedTime', enqueuedTimeUtc: '2026-01-02T03:04:05' },
      { kind: 'time', time: new Date('2026-01-02T03:04:05Z') },
    ],
    [
      { type: 'fromEnqueuedTime', enqueuedTimeUtc: '2026-01-02T03:04:05+01:00' },
      { kind: 'time', time: new Date('2026-01-02T02:04:05Z') },
    ],
  ])('place the start at %j', (initialOffsetOptions, position) => {
    expect(parse({ initialOffsetOptions }).initialPosition).toEqual(position);
  });

  it.each([
    [{ maxEventBatchSize: 0 }, 'maxeventbatchsize'],
    [{ minEventBatchSize: 101 }, 'minEventBatchSize is larger than maxEventBatchSize'],
    [{ maxWaitTime: '00:10:01' }, 'is longer than 10 minutes'],
    [{ maxWaitTime: '2 s' }, '"2 s" is not a time span'],
    [{ maxWaitTime: '24:00:00' }, '"24:00:00" is not a time span'],
    [{ initialOffsetOptions: { type: 'middle' } }, 'type "middle" is not'],
    [{ initialOffsetOptions: { type: 'fromEnqueuedTime' } }, 'enqueuedTimeUtc "" is not a time'],
  ])('are refused when they are wrong: %j', (options, message) => {
    expect(() => parse(options)).toThrow(message);
  });
});

describe("a trigger's options", () => {
  const trigger = { type: 'eventHubTrigger', eventHubName: 'events', connection: 'EVENTS' };

  it('name the hub, unless the connection string does', () => {
    expect(parseEventHubTrigger(trigger, { EVENTS: endpoint })).toEqual({
      connectionString: endpoint,
      namespace: 'name.servicebus.windows.net',
      hub: 'events',
      consumerGroup: '$Default',
      many: false,
      binary: false,
    });
    const named = parseEventHubTrigger(
      { ...trigger, consumerGroup: 'audit', cardinality: 'Many', dataType: 'binary' },
      { AzureWebJobsEVENTS: `${endpoint};EntityPath=others` },
    );
    expect(named).toMatchObject({
      connectionString: endpoint,
      hub: 'others',
      consumerGroup: 'audit',
      many: true,
      binary: true,
    });
  });

  it.each([
    [{ ...trigger, cardinality: 'few' }, { EVENTS: endpoint }, 'cardinality'],
    [{ ...trigger, eventHubName: '' }, { EVENTS: endpoint }, 'eventHubName'],
    [trigger, {}, 'the app setting EVENTS, which has the connection string, is missing'],
    [trigger, { EVENTS: 'SharedAccessKey=secret' }, 'it has no Endpoint'],
    [trigger, { EVENTS__fullyQualifiedNamespace: 'x' }, "the connection 'EVENTS' uses an identity"],
  ])('are refused when they are wrong: %#', (options, environment, message) => {
    expect(() => parseEventHubTrigger(options, environment)).toThrow(message);
  });

  it('need a storage account for the checkpoints', () => {
    expect(findStorage({ AzureWebJobsStorage: 'UseDevelopmentStorage=true' })).toBe(
      'UseDevelopmentStorage=true',
    );
    expect(() => findStorage({})).toThrow('the app setting AzureWebJobsStorage');
  });
});
