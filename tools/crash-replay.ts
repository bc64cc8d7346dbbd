import { createRequire } from 'node:module';
import { isDeepStrictEqual } from 'node:util';
import { DummyOrchestrationContext, type OrchestrationHandler } from 'durable-functions';
import { z } from 'zod';
import { EVENT, type HistoryEvent } from '../local/durable/history.ts';
import { ORCHESTRATORS, type OrchestratorName } from './crash-app/orchestrators.ts';

type Replay = (trigger: object, context: DummyOrchestrationContext) => Promise<unknown>;
type OrchestratorClass = new (handler: OrchestrationHandler) => { listen: () => Replay };

// What the library makes of an orchestrator when it is registered; it has no types, because it is not meant for callers.
const library: unknown = createRequire(import.meta.url)(
  'durable-functions/lib/src/orchestrations/Orchestrator.js',
);
const { Orchestrator } = z
  .object({ Orchestrator: z.custom<OrchestratorClass>((value) => typeof value === 'function') })
  .parse(library);

const stateSchema = z.looseObject({ isDone: z.boolean(), output: z.unknown() });

/**
 * Replays a whole history by the library, without a host and without a hub.
 * @returns what is wrong with what it comes to
 */
export async function faultsOfReplay(
  name: OrchestratorName,
  instanceId: string,
  history: readonly HistoryEvent[],
  output: unknown,
): Promise<string[]> {
  const started = history.find((event) => event.EventType === EVENT.executionStarted);
  const trigger = {
    history: history.map((event) => ({ ...event })),
    input: z.unknown().parse(JSON.parse(started?.Input ?? 'null')),
    instanceId,
    isReplaying: true,
    upperSchemaVersion: 1,
    upperSchemaVersionNew: 2,
    longRunningTimerIntervalDuration: '3.00:00:00',
    maximumShortTimerDuration: '6.00:00:00',
    defaultHttpAsyncRequestSleepTimeMillseconds: 30_000,
  };
  const replay = new Orchestrator(ORCHESTRATORS[name]).listen();
  const state = stateSchema.safeParse(await replay(trigger, new DummyOrchestrationContext()));
  if (!state.success || !state.data.isDone) return ['its replay does not come to the end'];
  const found = state.data.output;
  return isDeepStrictEqual(found, output) ? [] : [`its replay gives ${JSON.stringify(found)}`];
}
