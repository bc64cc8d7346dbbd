import { app, type InvocationContext, type Timer } from '@azure/functions';
import { theApp } from '../shared/app.ts';
import { cleanUpPromotions } from '../shared/promotion/clean-up.ts';
import { clientInput, orchestrationsOf } from './promotion-client.ts';

async function cleanUp(_timer: Timer, context: InvocationContext): Promise<void> {
  const { promotions } = await theApp();
  await cleanUpPromotions(promotions, orchestrationsOf(context));
}

app.timer('promotion-cleanup', {
  schedule: '*/30 * * * * *',
  extraInputs: [clientInput],
  handler: cleanUp,
});
