import { sigmoid } from '../onnx/tree-ensemble.ts';
import type { FitProgress, FittedModel } from './learner.ts';
import { learnerOf } from './learners.ts';
import { selectRows } from './matrix.ts';
import type { LabelledMatrix } from './matrix.ts';
import { summarise } from './metrics.ts';
import type { Metrics } from './metrics.ts';
import { rowsOfShare } from './search.ts';
import type { Trial } from './search.ts';

export interface TrialOutcome {
  readonly model: FittedModel;
  /** On the validation rows. */
  readonly metrics: Metrics;
  /** Duration of the fit. */
  readonly seconds: number;
}

/**
 * Fits a trial on a share of the training rows and measures it on the validation rows.
 * @param rowSeed chooses the rows; the same for all trials of a search, so that they are compared on the same ones
 */
export async function runTrial(
  trial: Trial,
  data: { readonly training: LabelledMatrix; readonly validation: LabelledMatrix },
  share: number,
  options: {
    readonly rowSeed: number;
    readonly threads: number;
    readonly onProgress?: FitProgress | undefined;
  },
): Promise<TrialOutcome> {
  const { training, validation } = data;
  const rows = share < 1 ? selectRows(training, rowsOfShare(training.y, share, options.rowSeed)) : training;
  const started = performance.now();
  const { seed, params, learner } = trial;
  const model = await learnerOf(learner).fit(rows, params, { ...options, seed });
  const seconds = (performance.now() - started) / 1_000;
  const metrics = summarise(validation.y, model.margins(validation.x).map(sigmoid));
  return { model, metrics, seconds };
}
