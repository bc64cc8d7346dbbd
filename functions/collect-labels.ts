import { app, type InvocationContext } from '@azure/functions';
import { theApp } from '../shared/app.ts';
import { LABELS_HUB } from '../shared/events/log-layout.ts';
import { triggerBatch } from '../shared/events/trigger-batch.ts';
import { collectLabels } from '../shared/outcomes/collect-labels.ts';

async function collect(messages: unknown, context: InvocationContext): Promise<void> {
  const { collectingLabels } = await theApp();
  const batch = triggerBatch(LABELS_HUB, messages, context.triggerMetadata);
  const { deadLetters } = await collectLabels(collectingLabels, batch);
  if (deadLetters > 0) {
    context.warn(
      `${deadLetters} labels of partition ${batch.partition} cannot be read and are in dead-letter`,
    );
  }
}

// In a variable, because the library's type does not know `dataType`, which the host does.
const options = {
  connection: 'EVENTHUBS_CONNECTION',
  eventHubName: LABELS_HUB,
  consumerGroup: '$Default',
  cardinality: 'many' as const,
  dataType: 'binary',
  // Without an end: after the last retry the host takes a batch for done, and its labels would be lost.
  retry: {
    strategy: 'exponentialBackoff' as const,
    maxRetryCount: -1,
    minimumInterval: { seconds: 1 },
    maximumInterval: { seconds: 30 },
  },
  handler: collect,
};

app.eventHub('collect-labels', options);
