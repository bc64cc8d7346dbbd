import type { InvocationContext } from '@azure/functions';

type Handler = (messages: unknown, context: InvocationContext) => Promise<void>;

/**
 * How a hub is collected: in batches, as they were sent, and until it has succeeded.
 * @param hub whose events the function is to keep
 */
export function collectOptions(hub: string, handler: Handler) {
  return {
    connection: 'EVENTHUBS_CONNECTION',
    eventHubName: hub,
    consumerGroup: '$Default',
    cardinality: 'many' as const,
    // As they were sent: otherwise each event is parsed once by the library and once here. The library's type does not
    // know this option, which the host does.
    dataType: 'binary',
    // Without an end: after the last retry the host takes a batch for done, and its events would never be kept.
    retry: {
      strategy: 'exponentialBackoff' as const,
      maxRetryCount: -1,
      minimumInterval: { seconds: 1 },
      maximumInterval: { seconds: 30 },
    },
    handler,
  };
}
