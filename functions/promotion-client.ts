import type { InvocationContext } from '@azure/functions';
import * as df from 'durable-functions';
import { theTelemetry } from '../shared/app.ts';
import { type Orchestrations, PROMOTE, WAKE } from '../shared/promotion/parts.ts';

/** The input that gives a function its client. */
export const clientInput = df.input.durableClient();

const ENDED: readonly df.OrchestrationRuntimeStatus[] = [
  df.OrchestrationRuntimeStatus.Completed,
  df.OrchestrationRuntimeStatus.Failed,
  df.OrchestrationRuntimeStatus.Canceled,
  df.OrchestrationRuntimeStatus.Terminated,
];

/** The orchestrations of promotions, through the function's own client. */
export function orchestrationsOf(context: InvocationContext): Orchestrations {
  const client = df.getClient(context);
  return {
    start: async (model, promotionId) => {
      const input = { model, promotionId, ...(await traceNow()) };
      await client.startNew(PROMOTE, { instanceId: promotionId, input });
    },
    // Without data the event's body would be empty, which the extension refuses.
    wake: (promotionId) => client.raiseEvent(promotionId, WAKE, {}),
    status: (promotionId) => statusOf(context, promotionId),
  };
}

/** What an orchestration's input tells of the trace that it belongs to. */
export async function traceNow(): Promise<{ readonly traceparent?: string }> {
  const traceparent = (await theTelemetry()).traceparent();
  return traceparent === undefined ? {} : { traceparent };
}

/** Whether an orchestration goes on. */
export async function statusOf(
  context: InvocationContext,
  instanceId: string,
): Promise<'going' | 'ended' | 'missing'> {
  try {
    const { runtimeStatus } = await df.getClient(context).getStatus(instanceId);
    return ENDED.includes(runtimeStatus) ? 'ended' : 'going';
  } catch (error) {
    // The library has no other sign of it.
    if (error instanceof Error && error.message.includes('HTTP 404')) return 'missing';
    throw error;
  }
}

/** Has a promotion look at once. Without it the promotion finds out at its next check. */
export async function wake(context: InvocationContext, promotionId: string): Promise<void> {
  try {
    await orchestrationsOf(context).wake(promotionId);
  } catch (error) {
    context.warn(`Promotion ${promotionId} could not be woken:`, error);
  }
}
