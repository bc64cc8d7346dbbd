import { app, type InvocationContext, type Timer } from '@azure/functions';
import { theApp } from '../shared/app.ts';

async function deliverAlerts(_timer: Timer, context: InvocationContext): Promise<void> {
  const { alerts } = await theApp();
  const waiting = await alerts.deliverOpen();
  if (waiting > 0) context.warn(`${waiting} alerts were not taken by the webhook`);
}

app.timer('alerts-deliver', { schedule: '30 */5 * * * *', handler: deliverAlerts });
