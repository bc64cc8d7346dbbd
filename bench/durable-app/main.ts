import { app } from '@azure/functions';
import * as df from 'durable-functions';
import { z } from 'zod';

/** Orchestrations that do as little as can be, with a clock beside them: what is left is the task hub. */

const workInput = z.object({ instance: z.string(), step: z.number() });

/** When an instance's last activity ended. */
const ends = new Map<string, number>();
let gaps: number[] = [];
let waiting = 0;

function work(input: unknown): number {
  const { instance, step } = workInput.parse(input);
  const before = ends.get(instance);
  if (before !== undefined) gaps.push(performance.now() - before);
  ends.set(instance, performance.now());
  return step;
}

df.app.activity('work', { handler: work });

df.app.orchestration('chain', function* (context) {
  const instance = context.df.instanceId;
  let sum = 0;
  for (let step = 1; step <= 5; step++) {
    const result: unknown = yield context.df.callActivity('work', { instance, step });
    sum += Number(result);
  }
  return sum;
});

df.app.orchestration('fanOut', function* (context) {
  const instance = context.df.instanceId;
  const steps = [1, 2, 3, 4, 5].map((step) => context.df.callActivity('work', { instance, step }));
  yield context.df.Task.all(steps);
});

/** Waits for an event or, much later, a timer. */
df.app.orchestration('waiter', function* (context) {
  const late = context.df.createTimer(new Date(context.df.currentUtcDateTime.getTime() + 86_400_000));
  if (!context.df.isReplaying) waiting++;
  yield context.df.Task.any([late, context.df.waitForExternalEvent('go')]);
  if (!late.isCompleted) late.cancel();
});

app.post('plain', {
  route: 'work',
  authLevel: 'anonymous',
  handler: async (request) => ({ jsonBody: work(await request.json()) }),
});

/** Milliseconds from an activity's end to the start of the next one of its instance, since the last call. */
app.get('gaps', {
  authLevel: 'anonymous',
  handler: () => {
    const jsonBody = gaps;
    gaps = [];
    ends.clear();
    return { jsonBody };
  },
});

app.get('waiting', { authLevel: 'anonymous', handler: () => ({ jsonBody: waiting }) });
