import { parentPort } from 'node:worker_threads';
import { openScorer, type Scorer } from '../onnx/scorer.ts';
import { messageOf } from '../failure.ts';
import { type RowOutcome, scoreEach } from './score-each.ts';
import { type ShadowAnswer, type ShadowRequest, shadowRequestSchema } from './shadow-message.ts';

// The shadow's thread: it scores what it is sent, one message at a time, with sessions of its own.
const scorers = new Map<number, Promise<Scorer>>();

parentPort?.on('message', (value: unknown) => {
  const request = shadowRequestSchema.parse(value);
  if (request.kind === 'end') void end();
  else void score(request);
});

async function score(request: Extract<ShadowRequest, { kind: 'score' }>): Promise<void> {
  const { model, onnx, width, rows, features } = request;
  if (onnx !== undefined) scorers.set(model, openScorer(onnx, width));
  const outcomes = await outcomesOf(scorers.get(model), features.subarray(0, rows * width), rows);
  const answer: ShadowAnswer = {
    scores: Float64Array.from(outcomes, (one) => ('score' in one ? one.score : Number.NaN)),
    rowMs: Float64Array.from(outcomes, (one) => ('score' in one ? one.rowMs : Number.NaN)),
    errors: outcomes.flatMap((one, index): [number, string][] =>
      'error' in one ? [[index, one.error]] : [],
    ),
  };
  parentPort?.postMessage(answer, []);
}

async function outcomesOf(
  opening: Promise<Scorer> | undefined,
  features: Float32Array,
  rows: number,
): Promise<RowOutcome[]> {
  try {
    const scorer = await opening;
    if (scorer === undefined) throw new Error('the shadow has not been given this model');
    return await scoreEach((part, count) => scorer.timed(part, count), features, rows);
  } catch (error) {
    return Array.from({ length: rows }, () => ({ error: messageOf(error) }));
  }
}

/** Ends by itself, because ending it from outside in the middle of a run would take the whole process along. */
async function end(): Promise<void> {
  const opened = await Promise.allSettled(scorers.values());
  await Promise.all(opened.flatMap((one) => (one.status === 'fulfilled' ? [one.value.close()] : [])));
  parentPort?.close();
}
