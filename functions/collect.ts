import { app, type InvocationContext } from '@azure/functions';
import { theApp } from '../shared/app.ts';
import { collect } from '../shared/events/collect.ts';
import { PREDICTIONS_HUB } from '../shared/events/log-layout.ts';
import { triggerBatch } from '../shared/events/trigger-batch.ts';
import { collectOptions } from './collect-options.ts';

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

app.eventHub('collect', collectOptions(PREDICTIONS_HUB, collectPredictions));
