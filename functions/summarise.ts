import { app, type InvocationContext, type Timer } from '@azure/functions';
import { theApp } from '../shared/app.ts';
import { summariseModel } from '../shared/drift/summarise.ts';
import { Failure } from '../shared/failure.ts';

/** Less than a function may take, so that the hour under way ends: the next run goes on. Milliseconds. */
const BOUND_MS = 5 * 60_000;

/** Summarises every model; one that cannot be now does not keep the others from it, but fails the run. */
async function summariseAll(_timer: Timer, context: InvocationContext): Promise<void> {
  const { summarising, modelNames } = await theApp();
  const started = performance.now();
  const mayBegin = () => performance.now() - started < BOUND_MS;
  const failures: Failure[] = [];
  for (const model of await modelNames()) {
    try {
      // In sequence: each takes a processor
      const done = await summariseModel(summarising, model, Date.now(), mayBegin);
      const { hours, predictions, unreadable, uncounted } = done;
      if (hours > 0) context.log(`Summarised ${predictions} predictions of '${model}' in ${hours} hours`);
      if (unreadable > 0) context.warn(`${unreadable} lines of the log of '${model}' cannot be read`);
      if (uncounted.size > 0)
        context.warn(`Versions ${[...uncounted].join(', ')} of '${model}' have no baseline`);
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      failures.push(error);
    }
  }
  if (failures.length > 0) throw new AggregateError(failures, failures.map((one) => one.message).join('; '));
}

app.timer('summarise', { schedule: '%SUMMARISE_SCHEDULE%', handler: summariseAll });
