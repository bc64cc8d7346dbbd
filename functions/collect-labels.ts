import { app, type InvocationContext } from '@azure/functions';
import { theApp } from '../shared/app.ts';
import { LABELS_HUB } from '../shared/events/log-layout.ts';
import { triggerBatch } from '../shared/events/trigger-batch.ts';
import { collectLabels } from '../shared/outcomes/collect-labels.ts';
import { collectOptions } from './collect-options.ts';

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

app.eventHub('collect-labels', collectOptions(LABELS_HUB, collect));
