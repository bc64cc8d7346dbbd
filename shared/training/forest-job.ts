import { z } from 'zod';
import { BARRIER_CELLS, createBarrier } from './barrier.ts';
import { binColumns, binnedColumnsSchema, createBinnedColumns } from './binned-columns.ts';
import { share } from './feature-stripe.ts';
import { labelledMatrixSchema, shareMatrix } from './fit-memory.ts';
import { forestParamsSchema } from './forest-params.ts';
import type { ForestParams } from './forest-params.ts';
import { createForestTreeGrower } from './grow-forest-tree.ts';
import type { LabelledMatrix } from './matrix.ts';
import { createRandom, seedOf } from './random.ts';
import { int32ArraySchema } from './typed-array-schemas.ts';
import { roundedShare } from '../onnx/forest.ts';
import type { Tree } from '../onnx/tree-ensemble.ts';

/** What one thread of a random forest fit is started with. Every array lies in memory that all its threads share. */
export const forestJobSchema = z.strictObject({
  kind: z.literal('forest'),
  thread: z.int(),
  params: forestParamsSchema,
  train: labelledMatrixSchema,
  columns: binnedColumnsSchema,
  barrier: int32ArraySchema,
  /** One cell: the next tree that no thread has begun. */
  nextTree: int32ArraySchema,
});

export type ForestJob = z.output<typeof forestJobSchema>;

/** Copies the data into shared memory and lays out the rest of it; `params.threads` is the number of threads. */
export function createForestJob(train: LabelledMatrix, params: ForestParams): Omit<ForestJob, 'thread'> {
  return {
    kind: 'forest',
    params,
    train: shareMatrix(train),
    columns: createBinnedColumns(train.x),
    barrier: new Int32Array(new SharedArrayBuffer(BARRIER_CELLS * Int32Array.BYTES_PER_ELEMENT)),
    nextTree: new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT)),
  };
}

/**
 * One thread's part of a fit: its share of the binning, then one tree after the other that no thread has begun. A tree
 * is a function of data, parameters, seed and its own number, so it does not matter which thread grows it.
 */
export function growForest(job: ForestJob, onTree: (index: number, tree: Tree) => void): void {
  const { thread, params, train, columns, nextTree } = job;
  binColumns(train.x, columns, share(train.x.columns, thread, params.threads), {
    ...params,
    tailBins: true,
  });
  createBarrier(job.barrier, params.threads)();
  const grow = createForestTreeGrower(train, columns, params, roundedShare(params.trees));
  for (;;) {
    const index = Atomics.add(nextTree, 0, 1);
    if (index >= params.trees) return;
    onTree(index, grow(createRandom(seedOf(params.seed, index))));
  }
}
