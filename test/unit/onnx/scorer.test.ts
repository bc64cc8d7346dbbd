import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { openScorer, type Scorer, ScoringError } from '../../../shared/onnx/scorer.ts';
import type { ScoringSession } from '../../../shared/onnx/session.ts';

interface FakeSession extends ScoringSession {
  /** The first column of the rows of each run. */
  readonly runs: number[][];
  released: number;
}

/** A session that answers each row's first feature, a turn of the event loop later, and records its runs. */
function fakeSession(width: number, answer: (first: number) => number = (first) => first): FakeSession {
  return {
    columns: 2,
    runs: [],
    released: 0,
    async run(input, rows) {
      await new Promise((resolve) => setImmediate(resolve));
      const firsts = Array.from({ length: rows }, (_, row) => input[row * width] ?? Number.NaN);
      this.runs.push(firsts.map((first) => Math.round(first * 1e6) / 1e6));
      return Float32Array.from(firsts.flatMap((first) => [1 - first, answer(first)]));
    },
    release() {
      this.released += 1;
      return Promise.resolve();
    },
  };
}

async function open(session: FakeSession, width: number, maxRows = 1_000): Promise<Scorer> {
  return openScorer(new Uint8Array(), width, { maxRows, createSession: () => Promise.resolve(session) });
}

const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('a scorer', () => {
  test('answers the requests of one tick with one run, each with its own rows', async () => {
    const session = fakeSession(2);
    const scorer = await open(session, 2);
    const answers = await Promise.all([
      scorer.score(Float32Array.of(0.1, 9), 1),
      scorer.score(Float32Array.of(0.2, 9, 0.3, 9, 0.4, 9), 3),
      scorer.score(Float32Array.of(0.5, 9), 1),
    ]);
    expect(session.runs).toEqual([[0.1, 0.2, 0.3, 0.4, 0.5]]);
    expect(answers).toEqual([Float32Array.of(0.1), Float32Array.of(0.2, 0.3, 0.4), Float32Array.of(0.5)]);
  });

  test('keeps rows apart whose run times are compared, and repeats their runs', async () => {
    const session = fakeSession(1);
    const scorer = await open(session, 1);
    const [one, two, other] = await Promise.all([
      scorer.timedApart(Float32Array.of(0.1), 1),
      scorer.timedApart(Float32Array.of(0.2), 1),
      scorer.timed(Float32Array.of(0.3), 1),
    ]);
    expect(session.runs.map(String).toSorted()).toEqual(['0.1,0.2', '0.1,0.2', '0.3']);
    expect([one, two, other].flatMap(({ scores }) => [...scores])).toEqual([0.1, 0.2, 0.3].map(Math.fround));
    const last = scorer.timedApart(Float32Array.of(0.4), 1);
    await scorer.close();
    expect([...(await last).scores]).toEqual([Math.fround(0.4)]);
    await expect(scorer.timedApart(Float32Array.of(0.5), 1)).rejects.toThrow(/closed/);
  });

  test('collects what arrives during a run for the next one', async () => {
    const session = fakeSession(1);
    const { promise: released, resolve: release } = Promise.withResolvers<void>();
    const run = session.run.bind(session);
    session.run = async (input, rows) => {
      await released;
      return run(input, rows);
    };
    const scorer = await open(session, 1);
    const pending: Promise<Float32Array>[] = [];
    for (const value of [0.1, 0.2, 0.3]) {
      pending.push(scorer.score(Float32Array.of(value), 1));
      await nextTurn();
      await nextTurn();
    }
    release();
    await Promise.all(pending);
    expect(session.runs).toEqual([[0.1], [0.2, 0.3]]);
  });

  test('cuts what is larger than a run and lets others take their turn in between', async () => {
    const session = fakeSession(1);
    const scorer = await open(session, 1, 4);
    const values = Float32Array.from({ length: 10 }, (_, index) => index / 16);
    let turns = 0;
    let done = false;
    const count = (): void => {
      turns += 1;
      if (!done) setImmediate(count);
    };
    setImmediate(count);
    const [large, small] = await Promise.all([
      scorer.score(values, 10),
      scorer.score(Float32Array.of(0.9), 1),
    ]);
    done = true;
    expect(session.runs.map((run) => run.length)).toEqual([4, 4, 3]);
    expect(large).toEqual(values);
    expect(small).toEqual(Float32Array.of(0.9));
    expect(turns).toBeGreaterThanOrEqual(3);
  });

  test('gives every request its own answers, however sizes and turns fall', async () => {
    const sizes = fc.array(fc.record({ rows: fc.nat(9), wait: fc.boolean() }), { maxLength: 12 });
    await fc.assert(
      fc.asyncProperty(sizes, fc.integer({ min: 1, max: 6 }), async (requests, maxRows) => {
        const session = fakeSession(2);
        const scorer = await open(session, 2, maxRows);
        let next = 0;
        const pending: Promise<void>[] = [];
        for (const { rows, wait } of requests) {
          const own = Array.from({ length: rows }, () => Math.fround((next += 1) / 1024));
          const features = Float32Array.from(own.flatMap((value) => [value, -1]));
          pending.push(scorer.score(features, rows).then((scores) => expect([...scores]).toEqual(own)));
          features.fill(0.5); // the caller may reuse its memory at once
          if (wait) await nextTurn();
        }
        await Promise.all(pending);
        expect(session.runs.flat()).toHaveLength(next);
        expect(Math.max(0, ...session.runs.map((run) => run.length))).toBeLessThanOrEqual(maxRows);
      }),
    );
  });

  test('rejects the request that breaks a run, and answers those that shared the run with it', async () => {
    const session = fakeSession(1, (first) => {
      if (first === 0.75) throw new Error('out of memory');
      return first;
    });
    const scorer = await open(session, 1);
    const rows = [[0.25], [0.5, 0.75], [0.125, 0.0625]];
    const settled = await Promise.allSettled(
      rows.map((values) => scorer.score(Float32Array.from(values), values.length)),
    );
    expect(settled[1]).toMatchObject({ status: 'rejected', reason: { name: 'ScoringError' } });
    expect(settled[1]).toHaveProperty('reason.message', 'the model failed: out of memory');
    expect(settled[0]).toMatchObject({ value: Float32Array.of(0.25) });
    expect(settled[2]).toMatchObject({ value: Float32Array.of(0.125, 0.0625) });
    expect(await scorer.score(Float32Array.of(0.5), 1)).toEqual(Float32Array.of(0.5));
  });

  test('tells the run time of a row, shared out over the rows of the run', async () => {
    const session = fakeSession(1);
    const run = session.run.bind(session);
    session.run = async (input, rows) => {
      const answer = await run(input, rows);
      const until = performance.now() + 8;
      while (performance.now() < until);
      return answer;
    };
    const scorer = await open(session, 1);
    const [one, three] = await Promise.all([
      scorer.timed(Float32Array.of(0.1), 1),
      scorer.timed(Float32Array.of(0.2, 0.3, 0.4), 3),
    ]);
    expect(one.rowMs).toBeGreaterThanOrEqual(2);
    expect(one.rowMs).toBe(three.rowMs);
    const alone = await scorer.timed(Float32Array.of(0.2, 0.3), 2);
    expect(alone.rowMs).toBeGreaterThanOrEqual(4);
    expect(await scorer.timed(new Float32Array(0), 0)).toMatchObject({ rowMs: 0 });
  });

  test('fails a request cut into several runs when one of them fails', async () => {
    const session = fakeSession(1, (first) => (first === 0.75 ? Number.NaN : first));
    const scorer = await open(session, 1, 2);
    const request = scorer.score(Float32Array.of(0.1, 0.2, 0.75, 0.3, 0.4), 5);
    await expect(request).rejects.toThrow(/NaN for row 2/);
    expect(await scorer.score(Float32Array.of(0.5), 1)).toEqual(Float32Array.of(0.5));
  });

  test.each([Number.NaN, -0.001, 1.001, Infinity])(
    'rejects only the request whose answer is %d',
    async (wrong) => {
      const scorer = await open(
        fakeSession(1, (first) => (first === 0.5 ? wrong : first)),
        1,
      );
      const good = scorer.score(Float32Array.of(0.25), 1);
      const bad = scorer.score(Float32Array.of(0, 0.5), 2);
      await expect(bad).rejects.toThrow(ScoringError);
      await expect(bad).rejects.toThrow(/row 1: no probability/);
      expect(await good).toEqual(Float32Array.of(0.25));
    },
  );

  test('rejects a session that answers another number of rows', async () => {
    const session = fakeSession(1);
    session.run = () => Promise.resolve(new Float32Array(3));
    const scorer = await open(session, 1);
    await expect(scorer.score(new Float32Array(1), 1)).rejects.toThrow(/3 numbers for 1 rows/);
  });

  test('finishes what it accepted before it closes, and refuses the rest', async () => {
    const session = fakeSession(1);
    const scorer = await open(session, 1, 2);
    const accepted = scorer.score(Float32Array.of(0.1, 0.2, 0.3), 3);
    const closing = scorer.close();
    await expect(scorer.score(new Float32Array(1), 1)).rejects.toThrow(/closed/);
    expect(session.released).toBe(0);
    expect(await accepted).toEqual(Float32Array.of(0.1, 0.2, 0.3));
    await closing;
    await scorer.close();
    expect(session.released).toBe(1);
  });

  test('refuses features that are not the rows they are said to be', async () => {
    const scorer = await open(fakeSession(2), 2);
    for (const [length, rows] of [
      [3, 1],
      [2, 2],
      [2, -1],
      [1, 0.5],
    ] as const) {
      await expect(scorer.score(new Float32Array(length), rows)).rejects.toThrow(RangeError);
    }
    expect(await scorer.score(new Float32Array(0), 0)).toHaveLength(0);
  });
});
