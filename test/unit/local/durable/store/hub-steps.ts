import type { Instance } from '../../../../../local/durable/instance.ts';
import type { SqliteStore } from '../../../../../local/durable/store/sqlite-store.ts';
import { activity, instance, message, outcome, start } from './hub-parts.ts';

/** Creates an instance and runs its first turn, which schedules the activities. */
export function running(hub: SqliteStore, instanceId: string, activities = 0): Instance {
  hub.create(instance(instanceId), start(instance(instanceId)));
  const turn = hub.claimTurns(1, 0)[0];
  if (turn === undefined) throw new Error('nothing to claim');
  const scheduled = Array.from({ length: activities }, (_, taskId) => activity(taskId, `[${taskId}]`));
  hub.commitTurn(turn, outcome(turn, 'Running', { activities: scheduled }));
  return { ...turn.instance, status: 'Running' };
}

/** Commits a last turn of the instance, and of all others that have something to do. */
export function end(hub: SqliteStore, instanceId: string): void {
  hub.send([message(instanceId, 'end')]);
  for (const turn of hub.claimTurns(10, 0)) hub.commitTurn(turn, outcome(turn, 'Completed'));
}
