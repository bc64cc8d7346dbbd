import { app, type InvocationContext, type Timer } from '@azure/functions';
import { theApp } from '../shared/app.ts';
import { replaySpill } from '../shared/events/spill-replay.ts';

/** Less than the time between two runs, so that a killed worker's successor finds what it left soon. Milliseconds. */
const BOUND_MS = 8_000;

async function replay(_timer: Timer, context: InvocationContext): Promise<void> {
  const { replaying } = await theApp();
  const { blobs, events, deadLetters } = await replaySpill(replaying, BOUND_MS);
  if (blobs > 0) context.log(`Sent ${events} spilled events again, from ${blobs} blobs`);
  if (deadLetters > 0)
    context.warn(`${deadLetters} lines of the spill cannot be sent and are in dead-letter`);
}

app.timer('replay-spill', { schedule: '*/10 * * * * *', handler: replay });
