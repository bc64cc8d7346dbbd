import { messageOf } from '../failure.ts';
import { type BatchPart, createRowBatches, type RowBatch } from './row-batches.ts';
import { openSession, type ScoringSession, type SessionFactory } from './session.ts';

/** Scoring failed although the call was right: the session failed, or answered something that is no probability. */
export class ScoringError extends Error {
  override readonly name = 'ScoringError';
}

/** A loaded model. Calls of one tick of the event loop share a run. */
export interface Scorer {
  /** Number of features of a row. */
  readonly width: number;
  /** The most rows of one run; longer requests are cut, so that the event loop breathes in between. */
  readonly maxRows: number;
  /**
   * Probabilities of class 1, one per row. The features (row-major, rows × width, NaN for missing) are copied before
   * this returns.
   * @throws RangeError (as a rejection) where the features don't fit `rows`
   * @throws ScoringError (as a rejection) where the run failed, an answer is no probability, or the scorer is closed
   */
  score(features: Float32Array, rows: number): Promise<Float32Array>;
  /** Refuses new work, finishes what was accepted, then frees the session's memory. */
  close(): Promise<void>;
}

export interface ScorerOptions {
  /** Default 1,000: some 4 ms for a model of 100 trees. */
  readonly maxRows?: number;
  /** Makes the session that runs the model; onnxruntime's unless a test brings its own. */
  readonly createSession?: SessionFactory;
}

interface Request {
  readonly scores: Float32Array;
  rowsLeft: number;
  failed: boolean;
  readonly resolve: (scores: Float32Array) => void;
  readonly reject: (error: Error) => void;
}

/**
 * Loads a model for scoring.
 * @param width the number of features that the caller will send per row
 * @throws ModelFileError where the bytes are refused, no output holds probabilities, or the width is another one
 */
export async function openScorer(
  bytes: Uint8Array,
  width: number,
  options: ScorerOptions = {},
): Promise<Scorer> {
  const maxRows = options.maxRows ?? 1_000;
  if (!Number.isSafeInteger(maxRows) || maxRows < 1) throw new RangeError(`maxRows is ${maxRows}`);
  const session = await (options.createSession ?? openSession)(bytes, width);
  return createScorer(session, width, maxRows);
}

function createScorer(session: ScoringSession, width: number, maxRows: number): Scorer {
  const batches = createRowBatches<Request>(width, maxRows);
  let scheduled = false;
  let running = false;
  let closing: Promise<void> | undefined;
  let whenIdle: (() => void) | undefined;

  // onnxruntime computes in a setImmediate of its own, on this thread. Collecting until this one keeps together what
  // the poll phase brought. Starting the next run only after the last one makes batches larger by half, and saves a
  // tenth of a request's processor time at 32 connections, without a longer wait.
  function schedule(): void {
    if (scheduled || running) return;
    scheduled = true;
    setImmediate(() => {
      scheduled = false;
      const batch = batches.take();
      if (batch !== undefined) void run(batch);
    });
  }

  async function run(batch: RowBatch<Request>): Promise<void> {
    running = true;
    try {
      const scores = await session.run(batch.input, batch.rows);
      if (scores.length !== batch.rows * session.columns) {
        throw new RangeError(`the model answered ${scores.length} numbers for ${batch.rows} rows`);
      }
      for (const part of batch.parts) deliver(part, scores, session.columns);
    } catch (cause) {
      const error = new ScoringError(`the model failed: ${messageOf(cause)}`, { cause });
      for (const { request } of batch.parts) fail(request, error);
    }
    running = false;
    batches.release(batch);
    if (batches.waiting()) schedule();
    else whenIdle?.();
  }

  return {
    width,
    maxRows,
    score(features, rows) {
      if (closing !== undefined) return Promise.reject(new ScoringError('the model has been closed'));
      if (!Number.isSafeInteger(rows) || rows < 0 || features.length !== rows * width) {
        const message = `${features.length} features are not ${rows} rows of ${width}`;
        return Promise.reject(new RangeError(message));
      }
      if (rows === 0) return Promise.resolve(new Float32Array(0));
      return new Promise((resolve, reject) => {
        const request = { scores: new Float32Array(rows), rowsLeft: rows, failed: false, resolve, reject };
        batches.add(request, features, rows);
        schedule();
      });
    },
    close() {
      closing ??= new Promise<void>((resolve) => {
        if (running || batches.waiting()) whenIdle = resolve;
        else resolve();
      }).then(() => session.release());
      return closing;
    },
  };
}

/** Copies the last column (class 1) of a part's rows; the request that gets an impossible value fails, no other. */
function deliver(part: BatchPart<Request>, scores: Float32Array, columns: number): void {
  const { request, from, at, rows } = part;
  for (let row = 0; row < rows; row += 1) {
    const score = scores[(at + row) * columns + columns - 1] ?? Number.NaN;
    if (!(score >= 0 && score <= 1)) {
      fail(request, new ScoringError(`the model answered ${score} for row ${from + row}: no probability`));
      return;
    }
    request.scores[from + row] = score;
  }
  request.rowsLeft -= rows;
  if (request.rowsLeft === 0 && !request.failed) request.resolve(request.scores);
}

function fail(request: Request, error: ScoringError): void {
  request.failed = true;
  request.reject(error);
}
