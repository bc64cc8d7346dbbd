import { createRequire } from 'node:module';
import { DummyOrchestrationContext, type OrchestrationHandler } from 'durable-functions';
import { z } from 'zod';
import type { WorkerAnswer } from '../../../../../local/durable/engine/turn-types.ts';

type Listener = (trigger: unknown, context: DummyOrchestrationContext) => Promise<unknown>;

const require = createRequire(import.meta.url);
// What `df.app.orchestration` wraps a handler in; the package does not export it by itself.
const { createOrchestrator } = z
  .object({
    createOrchestrator: z.custom<(handler: OrchestrationHandler) => Listener>(
      (it) => typeof it === 'function',
    ),
  })
  .parse(require('durable-functions/lib/src/util/testingUtils.js'));

/** Runs an orchestrator through the real library, as the host does: JSON goes in and JSON comes out. */
export async function invokeOrchestrator(
  handler: OrchestrationHandler,
  trigger: string,
): Promise<WorkerAnswer> {
  try {
    const context = new DummyOrchestrationContext();
    const value: unknown = await createOrchestrator(handler)(JSON.parse(trigger), context);
    return { kind: 'returned', value: JSON.parse(JSON.stringify(value)) };
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    return { kind: 'threw', message: error.message, stack: error.stack ?? '' };
  }
}
