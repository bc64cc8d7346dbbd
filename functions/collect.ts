import { app, type InvocationContext } from '@azure/functions';
import { theApp } from '../shared/app.ts';
import { collect } from '../shared/events/collect.ts';
import { PREDICTIONS_HUB } from '../shared/events/log-layout.ts';
import { triggerBatch } from '../shared/events/trigger-batch.ts';

async function collectPredictions(messages: unknown, context: InvocationContext): Promise<void> {
  const { collecting } = await theApp();
  const batch = triggerBatch(PREDICTIONS_HUB, messages, context.triggerMetadata);
  const { deadLetters } = await collect(collecting, batch);
  if (deadLetters > 0) {
    context.warn(
      `${deadLetters} events of partition ${batch.partition} cannot be read and are in dead-letter`,
    );
  }
}

// In a variable, because the library's type does not know `dataType`, which the host does.
const options = {
  connection: 'EVENTHUBS_CONNECTION',
  eventHubName: PREDICTIONS_HUB,
  consumerGroup: '$Default',
  cardinality: 'many' as const,
  // As they were sent: otherwise each event is parsed once by the library and once here.
  dataType: 'binary',
  // Without an end: after the last retry the host takes a batch for done, and its events would never reach the log.
  retry: {
    strategy: 'exponentialBackoff' as const,
    maxRetryCount: -1,
    minimumInterval: { seconds: 1 },
    maximumInterval: { seconds: 30 },
  },
  handler: collectPredictions,
};

app.eventHub('collect', options);
