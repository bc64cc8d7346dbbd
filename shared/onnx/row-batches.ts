/** Some rows of a request inside a batch. */
export interface BatchPart<R> {
  readonly request: R;
  /** The part's first row within its request. */
  readonly from: number;
  /** The part's first row within the batch. */
  readonly at: number;
  readonly rows: number;
}

/** Rows of one or more requests, laid out for one run. */
export interface RowBatch<R> {
  /** Room for `maxRows` rows, of which the first `rows` are filled. */
  readonly input: Float32Array;
  readonly parts: BatchPart<R>[];
  rows: number;
}

/** A queue of batches, filled in the order of the requests. */
export interface RowBatches<R> {
  /** Copies the rows of a request behind what is waiting; a request that doesn't fit goes into several batches. */
  add(request: R, features: Float32Array, rows: number): void;
  /** Removes the oldest batch. */
  take(): RowBatch<R> | undefined;
  /** Gives a batch's memory back for reuse. */
  release(batch: RowBatch<R>): void;
  waiting(): boolean;
}

/** One filling, one running; more only pile up behind large requests, and are left to the garbage collector. */
const KEPT = 2;

/** Memory for inputs is reused: fresh buffers for every run are what makes major collections frequent. */
export function createRowBatches<R>(width: number, maxRows: number): RowBatches<R> {
  const queue: RowBatch<R>[] = [];
  const free: RowBatch<R>[] = [];

  function filling(): RowBatch<R> {
    const last = queue.at(-1);
    if (last !== undefined && last.rows < maxRows) return last;
    const batch = free.pop() ?? { input: new Float32Array(maxRows * width), parts: [], rows: 0 };
    queue.push(batch);
    return batch;
  }

  return {
    add(request, features, rows) {
      let from = 0;
      while (from < rows) {
        const batch = filling();
        const taken = Math.min(rows - from, maxRows - batch.rows);
        const part = taken === rows ? features : features.subarray(from * width, (from + taken) * width);
        batch.input.set(part, batch.rows * width);
        batch.parts.push({ request, from, at: batch.rows, rows: taken });
        batch.rows += taken;
        from += taken;
      }
    },
    take: () => queue.shift(),
    release(batch) {
      batch.parts.length = 0;
      batch.rows = 0;
      if (free.length < KEPT) free.push(batch);
    },
    waiting: () => queue.length > 0,
  };
}
