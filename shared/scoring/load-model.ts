import { type CompiledContract, compileContract } from '../features/compile.ts';
import { messageOf } from '../failure.ts';
import { openScorer, type Scorer } from '../onnx/scorer.ts';
import { reproduceSamples, warmUp } from '../onnx/verify-model.ts';
import { type ModelFiles, ModelRefused, type Samples } from '../registry/model-folder.ts';

/** A version that may serve: its files were checked, its samples reproduced, its session is warm. */
export interface LoadedModel {
  readonly model: string;
  readonly version: string;
  readonly contract: CompiledContract;
  readonly scorer: Scorer;
  /** The verified model file, from which another thread makes a session of its own. */
  readonly onnx: Uint8Array;
  /** Median time of a single-row run at warm-up. Milliseconds. */
  readonly singleRowMs: number;
}

/**
 * A model computes on the thread that answers every caller, so a slow one is refused before it slows them down. This
 * is the budget of a model whose folder names none.
 */
export const SINGLE_ROW_BUDGET_MS = 10;

/**
 * Makes a version's files ready to serve.
 * @throws ModelRefused where the model cannot be opened, does not reproduce its samples, or is too slow
 */
export async function loadModel(
  model: string,
  version: string,
  files: ModelFiles,
  budgetMs = files.contract.limits?.maxRowMs ?? SINGLE_ROW_BUDGET_MS,
): Promise<LoadedModel> {
  const contract = compileContract(files.contract);
  const scorer = await openScorer(files.onnx, contract.width).catch((error: unknown) => {
    throw new ModelRefused(`model.onnx cannot be opened: ${messageOf(error)}`, { cause: error });
  });
  try {
    await checkSamples(contract, scorer, files.samples);
    const singleRowMs = await warmUp(scorer);
    if (singleRowMs > budgetMs) {
      throw new ModelRefused(`one row takes ${singleRowMs.toFixed(2)} ms, the budget is ${budgetMs} ms`);
    }
    return { model, version, contract, scorer, onnx: files.onnx, singleRowMs };
  } catch (error) {
    await scorer.close();
    throw error instanceof ModelRefused ? error : new ModelRefused(messageOf(error), { cause: error });
  }
}

async function checkSamples(contract: CompiledContract, scorer: Scorer, samples: Samples): Promise<void> {
  const prepared = samples.map(({ row, score }, index) => {
    const checked = contract.check(row, `/${index}/row`);
    if (!checked.ok) {
      const first = checked.problems[0];
      throw new ModelRefused(`samples.json does not fit the contract at ${first?.path}: ${first?.message}`);
    }
    const features = new Float32Array(contract.width);
    contract.write(checked.row, features, 0);
    return { features: Array.from(features, (value) => (Number.isNaN(value) ? null : value)), score };
  });
  const result = await reproduceSamples(scorer, prepared);
  if (!result.ok) {
    throw new ModelRefused(`sample ${result.index} is off its recorded score by ${result.worst}`);
  }
}
