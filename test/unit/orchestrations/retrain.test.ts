import * as df from 'durable-functions';
import { describe, expect, it } from 'vitest';
import { retrain } from '../../../orchestrations/retrain.ts';

const REF = { model: 'cards', runId: '019a0000-0000-7000-8000-000000000001' };

/** An orchestration whose tasks a test completes, and the activities that it has called. */
function driven() {
  const called: string[] = [];
  const context = new df.DummyOrchestrationContext('retrain', '1', () => undefined);
  const task = (): df.Task => ({ isCompleted: false, isFaulted: false });
  const members = {
    getInput: () => REF,
    callActivityWithRetry: (name: string, _retry: unknown, input: object) => {
      called.push(
        `${name} ${JSON.stringify({ ...input, ...Object.fromEntries(Object.keys(REF).map((key) => [key, undefined])) })}`,
      );
      return task();
    },
    Task: { any: task, all: task },
  };
  Object.assign(context, { df: members });
  const run = retrain(context);
  run.next();
  return { called, run };
}

const again = { done: false, trials: [] };

describe('the orchestration of a retrain', () => {
  it('takes steps until the run is over, and fans out the trials that a step asks for', () => {
    const { called, run } = driven();
    run.next(again);
    run.next({
      done: false,
      trials: [
        { rung: 0, trial: 3 },
        { rung: 0, trial: 4 },
      ],
    });
    run.next([]);
    expect(run.next({ done: true, trials: [] }).done).toBe(true);
    expect(called).toEqual([
      'retrainStep {}',
      'retrainStep {}',
      'retrainTrial {"rung":0,"trial":3}',
      'retrainTrial {"rung":0,"trial":4}',
      'retrainStep {}',
    ]);
  });

  it('records a run that could not go on after every attempt', () => {
    const { called, run } = driven();
    run.throw(new Error('the thread ended'));
    expect(run.next().done).toBe(true);
    expect(called).toEqual(['retrainStep {}', 'retrainGiveUp {"error":"the thread ended"}']);
  });
});
