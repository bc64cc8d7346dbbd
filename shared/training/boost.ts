import { sigmoid } from '../onnx/tree-ensemble.ts';
import type { Tree, TreeEnsemble } from '../onnx/tree-ensemble.ts';
import { createBarrier } from './barrier.ts';
import { createSplitExchange } from './candidate-exchange.ts';
import { binStripe, share } from './feature-stripe.ts';
import { LOSS_BLOCK } from './fit-job.ts';
import type { FitJob } from './fit-job.ts';
import { createTreeGrower } from './grow-tree.ts';
import type { GrownTree } from './grow-tree.ts';
import type { LabelledMatrix } from './matrix.ts';
import { addLeafValues } from './predict.ts';

export interface BoostingResult {
  readonly ensemble: TreeEnsemble;
  /** Number of trees kept. */
  readonly bestIteration: number;
  /** Mean log loss on the validation part with these trees. */
  readonly validationLoss: number | undefined;
}

/**
 * One thread's part of a fit. All threads run this on the same shared memory and come to the same result.
 *
 * A first tree that cannot be split is kept, as a constant model; a later one ends the fit, since all that follow
 * would be like it.
 *
 * @param onTree called after each tree with the number of trees and the mean validation loss
 */
export function boost(
  job: FitJob,
  onTree: (trees: number, loss: number | undefined) => void,
): BoostingResult {
  const { thread, params, train, validation, memory } = job;
  const barrier = createBarrier(memory.barrier, params.threads);
  const stripe = binStripe(job);
  const baseMargin = logOddsOf(train);
  const [from, to] = share(train.x.rows, thread, params.threads);
  memory.margins.fill(baseMargin, from, to);
  for (let row = from; row < to; row += 1) setGradients(job, row);
  const scoreValidation = validation && createValidation(job, baseMargin, barrier);
  barrier();

  const growTree = createTreeGrower(
    job,
    stripe,
    createSplitExchange(memory.candidates, thread, params.threads, barrier),
  );
  const trees: Tree[] = [];
  let best = { trees: 0, loss: Infinity };
  let loss: number | undefined;
  while (trees.length < params.trees) {
    const grown = growTree();
    if (grown.leaves.length === 1 && trees.length > 0) break;
    trees.push(grown.tree);
    // No thread reads gradients any more: each has passed the barrier behind the last split search of this tree.
    applyTree(job, grown, from, to);
    loss = scoreValidation?.(grown.tree);
    barrier();
    onTree(trees.length, loss);
    if (loss === undefined || params.earlyStoppingRounds === 0) continue;
    if (loss < best.loss) best = { trees: trees.length, loss };
    else if (trees.length - best.trees >= params.earlyStoppingRounds) break;
  }
  const kept = best.trees > 0 ? best : { trees: trees.length, loss };
  return {
    ensemble: { featureCount: train.x.columns, baseMargin, trees: trees.slice(0, kept.trees) },
    bestIteration: kept.trees,
    validationLoss: kept.loss,
  };
}

function logOddsOf({ y, weights }: LabelledMatrix): number {
  let positives = 0;
  let total = 0;
  for (let row = 0; row < y.length; row += 1) {
    const weight = weights?.[row] ?? 1;
    positives += weight * y[row]!;
    total += weight;
  }
  return Math.log(positives / (total - positives));
}

/** First and second derivative of the row's log loss by its margin, times its weight. */
function setGradients({ train, memory }: FitJob, row: number): void {
  const probability = sigmoid(memory.margins[row]!);
  const weight = train.weights === undefined ? 1 : train.weights[row]!;
  memory.gradients[row] = weight * (probability - train.y[row]!);
  memory.hessians[row] = weight * probability * (1 - probability);
}

/** Moves the margins of the rows at the places from `from` to `to` - 1 of the tree's row order. */
function applyTree(job: FitJob, { leaves, rows }: GrownTree, from: number, to: number): void {
  const { margins } = job.memory;
  for (const leaf of leaves) {
    const end = Math.min(leaf.to, to);
    for (let i = Math.max(leaf.from, from); i < end; i += 1) {
      const row = rows[i]!;
      margins[row] = margins[row]! + leaf.value;
      setGradients(job, row);
    }
  }
}

/** Returns a function that adds a tree to the validation margins and gives their mean log loss; the threads meet in it. */
function createValidation(
  { thread, params, validation, memory }: FitJob,
  baseMargin: number,
  barrier: () => void,
): ((tree: Tree) => number) | undefined {
  if (!validation) return undefined;
  const { x, y, weights } = validation;
  const total = weights?.reduce((sum, weight) => sum + weight, 0) ?? x.rows;
  const margins = new Float64Array(x.rows).fill(baseMargin);
  const [firstBlock, endBlock] = share(memory.losses.length, thread, params.threads);
  return (tree) => {
    for (let block = firstBlock; block < endBlock; block += 1) {
      const from = block * LOSS_BLOCK;
      const to = Math.min(from + LOSS_BLOCK, x.rows);
      addLeafValues(tree, x, margins, from, to);
      let loss = 0;
      for (let row = from; row < to; row += 1)
        loss += (weights?.[row] ?? 1) * lossOfMargin(y[row]!, margins[row]!);
      memory.losses[block] = loss;
    }
    barrier();
    return memory.losses.reduce((sum, loss) => sum + loss, 0) / total;
  };
}

/** The log loss of one row: −log p where `label` is 1, otherwise −log (1 − p), for log-odds that may be extreme. */
function lossOfMargin(label: number, margin: number): number {
  const against = label === 1 ? -margin : margin;
  return Math.max(against, 0) + Math.log1p(Math.exp(-Math.abs(against)));
}
