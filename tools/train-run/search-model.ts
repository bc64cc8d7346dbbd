import { availableParallelism } from 'node:os';
import type { App } from '../../shared/app.ts';
import type { ModelDefinition } from '../../shared/features/definition.ts';
import { sha256 } from '../../shared/onnx/verify-model.ts';
import { bestAccepted } from '../../shared/training/best-accepted.ts';
import { carryOutSearch } from '../../shared/training/carry-out-search.ts';
import { formatHoldOut } from '../../shared/training/hold-out.ts';
import type { FitProgress } from '../../shared/training/learner.ts';
import { championParts } from '../../shared/training/register-run.ts';
import type { VersionDone } from '../../shared/training/retrain-job.ts';
import { runAtOnce } from '../../shared/training/retrain-thread.ts';
import { planOf } from '../../shared/training/run-search.ts';
import type { Trial } from '../../shared/training/search.ts';
import type { ThreadJob } from '../../shared/training/thread-message.ts';
import { trialRecord } from '../../shared/training/trial-record.ts';
import { readSuite } from '../model-folders.ts';
import type { MadeVersion } from './made-version.ts';
import type { TrainOptions } from './options.ts';
import { readSource } from './rows-source.ts';
import { showSearch } from './show-search.ts';

/** More threads than this wait for each other more than they compute. */
const MAX_THREADS = 8;

/**
 * Carries out the model's search and makes the version of its best trial, as a retrain does: calibrated, measured,
 * compared with the champion where there is a stack, and judged by the gates.
 * @param signal ends it at the next progress of any fit
 * @throws Error where no trial has figures, or the rows make no version
 */
export async function searchModel(
  app: App | undefined,
  definition: ModelDefinition,
  options: TrainOptions,
  signal: AbortSignal | undefined,
): Promise<MadeVersion> {
  const { model, seed, split } = options;
  const source = await readSource(app, definition, options, signal);
  const plan = planOf(definition);
  const cores = Math.min(MAX_THREADS, availableParallelism());
  const work = async (job: ThreadJob, onProgress?: FitProgress) =>
    runAtOnce(job, { signal, ...(onProgress === undefined ? {} : { onProgress }) });
  const { bytes, delimiter } = source;
  const data = {
    definition,
    bytes,
    delimiter,
    ...(split === undefined ? {} : { split: formatHoldOut(split) }),
  };
  const read = await work({ kind: 'rows', ...data });
  if (read.kind !== 'rows') throw new Error(read.kind === 'refused' ? read.message : 'There are no rows');
  const { rows, count } = read;
  console.error(`Read ${count} rows of '${model}' from ${source.name}`);
  const view = showSearch({ plan, trainingRows: rows.training.x.rows }, process.stderr, () =>
    performance.now(),
  );
  try {
    const { trials, end } = await carryOutSearch(definition, seed, cores, {
      onRung: view.rung,
      fit: async (trial, rung, waiting) => {
        const { number } = trial;
        view.started(number, rung);
        // Cores that no trial waits for are the last ones'.
        const threads = Math.max(1, Math.floor(cores / Math.min(cores, waiting)));
        const chosen = { ...trial, params: { ...trial.params } };
        const answer = await work(
          { kind: 'fit', rows, trial: chosen, share: rung.share, rowSeed: seed, threads },
          (_stage, done, total) => view.progress(number, done, total),
        );
        const result = trialRecord(chosen, rung.rung, answer);
        view.ended(result);
        return result;
      },
    });
    if (end.kind === 'none') {
      const why = trials.find(({ error }) => error !== undefined)?.error ?? `none has ${plan.metric}`;
      throw new Error(`Every trial of the search has failed: ${why}`);
    }
    view.stage('reading the champion', 0, 1);
    const champion = app && (await championParts(app.retraining, model));
    const suite = await readSuite(model);
    const make = async (trial: Trial): Promise<VersionDone> => {
      const answer = await work(
        {
          kind: 'version',
          ...data,
          trial: { ...trial, params: { ...trial.params } },
          threads: cores,
          dataset: { version: source.dataset?.version, sha256: sha256(bytes) },
          ...(champion === undefined ? {} : { champion }),
          ...(suite === undefined ? {} : { suite }),
        },
        view.stage,
      );
      if (answer.kind === 'version') return answer;
      throw new Error(answer.kind === 'refused' ? answer.message : 'There is no version');
    };
    const { trial, made, verdict } = await bestAccepted([end.trial, ...end.runnersUp], make);
    return { ...made, source, count, learner: trial.learner, seed: trial.seed, verdict, trials };
  } finally {
    view.end();
  }
}
