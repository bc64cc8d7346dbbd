import { messageOf } from '../failure.ts';
import { type BatchPart, createRowBatches, type RowBatch } from './row-batches.ts';
import { openSession, type ScoringSession, type SessionFactory } from './session.ts';

/** Scoring failed although the call was right: the session failed, or answered something that is no probability. */
export class ScoringError extends Error {
  override readonly name = 'ScoringError';
}

/** Scores with what they cost. */
export interface TimedScores {
  /** Probabilities of class 1, one per row. */
  readonly scores: Float32Array;
  /** The model's run time for one row: that of the runs that the rows were in, shared out evenly. Milliseconds. */
  readonly rowMs: number;
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
  /** As `score`, with the run time. */
  timed(features: Float32Array, rows: number): Promise<TimedScores>;
  /**
   * As `timed`, for run times that compare between models. A row costs less in a large run than in a small one, so
   * these rows have runs of their own, which another model's are made as large as. And a model that has just run costs
   * less than one whose memory the processor has to fetch again, so each run is repeated, and the repetition counts.
   */
  timedApart(features: Float32Array, rows: number): Promise<TimedScores>;
  /** Refuses new work, finishes what was accepted, then frees the session's memory. */
  close(): Promise<void>;
}

export interface ScorerOptions {
  /** Default 1,000: some 4 ms for a model of 100 trees. */
  readonly maxRows?: number;
  /** Makes the session that runs the model; onnxruntime's unless a test brings its own. */
  readonly createSession?: SessionFactory;
}

/** Fetching a model's memory is a small part of a larger run. */
const MAX_REPEATED_ROWS = 64;

/** Answers its caller itself, which saves an object per request. */
interface Request {
  readonly scores: Float32Array;
  rowMs: number;
  rowsLeft: number;
  failed: boolean;
  readonly resolve: (scores: TimedScores) => void;
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

/** Rows that wait for runs of their own on a session that lanes share. */
interface Lane {
  readonly timed: (features: Float32Array, rows: number) => Promise<TimedScores>;
  /** Refuses new work; resolves when what was accepted is done. */
  close(): Promise<void>;
}

function createScorer(session: ScoringSession, width: number, maxRows: number): Scorer {
  const main = createLane(session, width, maxRows, false);
  let apart: Lane | undefined;
  let closing: Promise<void> | undefined;
  return {
    width,
    maxRows,
    timed: main.timed,
    timedApart(features, rows) {
      if (closing !== undefined) return main.timed(features, rows);
      apart ??= createLane(session, width, maxRows, true);
      return apart.timed(features, rows);
    },
    async score(features, rows) {
      return (await main.timed(features, rows)).scores;
    },
    close() {
      closing ??= Promise.all([main.close(), apart?.close()]).then(() => session.release());
      return closing;
    },
  };
}

/** @param repeats whether runs are repeated, and the repetition timed */
function createLane(session: ScoringSession, width: number, maxRows: number, repeats: boolean): Lane {
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
      await runRows(batch.input, batch.rows, batch.parts);
    } catch (cause) {
      if (batch.parts.length === 1) failAll(batch.parts, cause);
      else await runApart(batch);
    }
    running = false;
    batches.release(batch);
    if (batches.waiting()) schedule();
    else whenIdle?.();
  }

  /** A row that breaks the model breaks the run that it is in: the other callers' rows are none the worse for it. */
  async function runApart({ input, parts }: RowBatch<Request>): Promise<void> {
    for (const part of parts) {
      try {
        // In sequence: all of them compute on this thread
        await runRows(input.subarray(part.at * width), part.rows, [{ ...part, at: 0 }]);
      } catch (cause) {
        failAll([part], cause);
      }
    }
  }

  async function runRows(
    input: Float32Array,
    rows: number,
    parts: readonly BatchPart<Request>[],
  ): Promise<void> {
    const first = repeats && rows <= MAX_REPEATED_ROWS ? session.run(input, rows) : undefined;
    // The session computes in a setImmediate: what comes before that one is other work of this thread, or a first run.
    let started = performance.now();
    setImmediate(() => {
      started = performance.now();
    });
    const [scores] = await Promise.all([session.run(input, rows), first]);
    const rowMs = (performance.now() - started) / rows;
    if (scores.length !== rows * session.columns) {
      throw new RangeError(`the model answered ${scores.length} numbers for ${rows} rows`);
    }
    for (const part of parts) deliver(part, scores, session.columns, rowMs);
  }

  function timed(features: Float32Array, rows: number): Promise<TimedScores> {
    if (closing !== undefined) return Promise.reject(new ScoringError('the model has been closed'));
    if (!Number.isSafeInteger(rows) || rows < 0 || features.length !== rows * width) {
      const message = `${features.length} features are not ${rows} rows of ${width}`;
      return Promise.reject(new RangeError(message));
    }
    if (rows === 0) return Promise.resolve({ scores: new Float32Array(0), rowMs: 0 });
    return new Promise((resolve, reject) => {
      const request = {
        scores: new Float32Array(rows),
        rowMs: 0,
        rowsLeft: rows,
        failed: false,
        resolve,
        reject,
      };
      batches.add(request, features, rows);
      schedule();
    });
  }

  return {
    timed,
    close() {
      closing ??= new Promise<void>((resolve) => {
        if (running || batches.waiting()) whenIdle = resolve;
        else resolve();
      });
      return closing;
    },
  };
}

/** Copies the last column (class 1) of a part's rows; the request that gets an impossible value fails, no other. */
function deliver(part: BatchPart<Request>, scores: Float32Array, columns: number, rowMs: number): void {
  const { request, from, at, rows } = part;
  for (let row = 0; row < rows; row += 1) {
    const score = scores[(at + row) * columns + columns - 1] ?? Number.NaN;
    if (!(score >= 0 && score <= 1)) {
      fail(request, new ScoringError(`the model answered ${score} for row ${from + row}: no probability`));
      return;
    }
    request.scores[from + row] = score;
  }
  request.rowMs += rowMs * (rows / request.scores.length);
  request.rowsLeft -= rows;
  if (request.rowsLeft === 0 && !request.failed) request.resolve(request);
}

function failAll(parts: readonly BatchPart<Request>[], cause: unknown): void {
  const error = new ScoringError(`the model failed: ${messageOf(cause)}`, { cause });
  for (const { request } of parts) fail(request, error);
}

function fail(request: Request, error: ScoringError): void {
  request.failed = true;
  request.reject(error);
}
