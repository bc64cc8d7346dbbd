import { z } from 'zod';
import { requestMessage } from './entity-messages.ts';

/** What is kept of an entity between its turns, as the extension's scheduler keeps it. */
export const schedulerState = z.object({
  exists: z.boolean().optional(),
  /** The entity's state: JSON text. */
  state: z.string().nullable().optional(),
  /** Requests that wait, the oldest first. */
  queue: z.array(requestMessage).optional(),
  /** The id of the orchestration that has the lock. */
  lockedBy: z.string().optional(),
});
export type SchedulerState = z.infer<typeof schedulerState>;

/** What callers may see of an entity without its state: its instance's custom status. */
export interface EntityStatus {
  readonly entityExists?: boolean;
  readonly queueSize?: number;
  readonly lockedBy?: string;
}

/** @param input an entity's instance's input: JSON text; null: nothing happened to it yet */
export function parseSchedulerState(input: string | null): SchedulerState {
  return input === null ? {} : schedulerState.parse(JSON.parse(input));
}

/** Leaves out what is as in the beginning, as the extension does. */
export function entityStatus({ exists, queue, lockedBy }: SchedulerState): EntityStatus {
  return {
    ...(exists === true ? { entityExists: true } : {}),
    ...(queue === undefined || queue.length === 0 ? {} : { queueSize: queue.length }),
    ...(lockedBy === undefined ? {} : { lockedBy }),
  };
}
