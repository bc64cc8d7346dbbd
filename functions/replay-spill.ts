import { app, type InvocationContext, type Timer } from '@azure/functions';
import { theApp } from '../shared/app.ts';
import { type Replayed, replaySpill } from '../shared/events/spill-replay.ts';
import { LABELS_SPILL } from '../shared/outcomes/label-event.ts';

/** Less than the time between two runs, so that a killed worker's successor finds what it left soon. Milliseconds. */
const BOUND_MS = 8_000;

async function replayPredictions(_timer: Timer, context: InvocationContext): Promise<void> {
  const { replaying } = await theApp();
  report(context, await replaySpill(replaying, BOUND_MS));
}

async function replayLabels(_timer: Timer, context: InvocationContext): Promise<void> {
  const { replayingLabels } = await theApp();
  report(context, await replaySpill(replayingLabels, BOUND_MS, LABELS_SPILL));
}

function report(context: InvocationContext, { blobs, events, deadLetters }: Replayed): void {
  if (blobs > 0) context.log(`Sent ${events} spilled events again, from ${blobs} blobs`);
  if (deadLetters > 0)
    context.warn(`${deadLetters} lines of the spill cannot be sent and are in dead-letter`);
}

app.timer('replay-spill', { schedule: '*/10 * * * * *', handler: replayPredictions });
app.timer('replay-label-spill', { schedule: '5/10 * * * * *', handler: replayLabels });
