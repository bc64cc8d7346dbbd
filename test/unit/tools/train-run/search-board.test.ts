import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { RungStep } from '../../../../shared/training/carry-out-search.ts';
import { searchPlanSchema } from '../../../../shared/training/search-plan.ts';
import { drawTrials, type Trial } from '../../../../shared/training/search.ts';
import { SearchBoard } from '../../../../tools/train-run/search-board.ts';
import { type Screen, showSearch } from '../../../../tools/train-run/show-search.ts';

const plan = searchPlanSchema.parse({
  trials: 9,
  learners: {
    gradient_boosting: { trees: 400, leaves: { from: 6, to: 48, integer: true } },
    logistic_regression: { l2: { from: 0.1, to: 1_000, scale: 'log' } },
  },
});
const trials = drawTrials(plan, 3);
const facts = { plan, trainingRows: 9_000 };
const rung = (number: number, of: readonly Trial[]): RungStep => ({
  kind: 'rung',
  rung: number,
  trials: of,
  share: 3 ** (number - 2),
});
const result = ({ number: trial, learner, params, seed }: Trial, at: number, value: number) => ({
  rung: at,
  trial,
  learner,
  params,
  seed,
  seconds: 2,
  metrics: { averagePrecision: value },
});

describe('the table of a search', () => {
  it('shows what each trial is and how it does, with the parameters that were drawn', () => {
    const board = new SearchBoard(facts, 0);
    expect(board.rung(rung(0, trials))).toBe('Rung 1 of 3: 9 trials on 1,000 rows each');
    board.started(0, rung(0, trials));
    board.started(1, rung(0, trials));
    board.progress(1, 3, 7);
    const said = board.ended(result(trials[0]!, 0, 0.25), 4_000);
    const { leaves } = trials[0]!.params;
    expect(said).toContain(
      `trial 0 gradient_boosting leaves=${leaves}: averagePrecision 0.2500, 2.0 s (1 of 13 fits, 0:04`,
    );
    const lines = board.lines(120, 40, 5_000);
    expect(lines[1]).toMatch(/^ {2}0 {2}gradient_boosting +leaves=\d+ +1,000 +0\.2500 +2\.0 {2}best$/);
    expect(lines[1]).not.toContain('trees');
    expect(lines[2]).toMatch(/logistic_regression +l2=[\d.]+ .* fitting 3\/7$/);
    expect(lines[3]).toMatch(/waiting$/);
  });

  it('tells the best of a rung from the others, those that are out, and those that failed', () => {
    const board = new SearchBoard(facts, 0);
    board.rung(rung(0, trials));
    trials.forEach((trial, at) => board.ended(result(trial, 0, at / 10), at));
    const failed = { ...result(trials[4]!, 0, 0), metrics: {}, error: 'no rows' };
    expect(board.ended(failed, 10)).toContain('failed: no rows');
    board.rung(rung(1, trials.slice(6)));
    board.started(8, rung(1, trials));
    board.ended(result(trials[8]!, 1, 0.7), 20);
    const states = board.lines(120, 40, 30).map((line) => line.split(' ').at(-1));
    expect(states.slice(1, 10)).toEqual([
      'out',
      'out',
      'out',
      'out',
      'failed',
      'out',
      'waiting',
      'waiting',
      'best',
    ]);
    expect(board.lines(120, 40, 30)[9]).toContain('3,000');
  });

  it('fits any terminal, and keeps what is being done where there is no room for all', () => {
    fc.assert(
      fc.property(fc.integer({ min: 20, max: 200 }), fc.integer({ min: 5, max: 30 }), (width, height) => {
        const board = new SearchBoard(facts, 0);
        board.rung(rung(0, trials));
        board.ended(result(trials[0]!, 0, 0.5), 1);
        board.started(8, rung(0, trials));
        board.stage('calibrating', 1, 5);
        const lines = board.lines(width, height, 100);
        expect(lines.length).toBeLessThan(height);
        expect(Math.max(...lines.map((line) => line.length))).toBeLessThan(width);
        expect(lines.some((line) => line.startsWith('  8'))).toBe(true);
      }),
    );
  });

  it('knows how long the rest takes where fits take as long as their rows say', () => {
    const board = new SearchBoard(facts, 0);
    // Nine fits at a ninth and 3 % of 10 s, three at a third, one on all; the version takes as long as six.
    let now = 0;
    let left = Number.NaN;
    for (const [at, count] of [9, 3, 1].entries()) {
      board.rung(rung(at, trials.slice(0, count)));
      for (const trial of trials.slice(0, count)) {
        now += 10_000 * (3 ** (at - 2) + 0.03);
        const found = /about (\d+):(\d\d) left/.exec(board.ended(result(trial, at, 0.5), now));
        left = Number(found?.[1]) * 60 + Number(found?.[2]);
        const total = (9 / 9 + 3 / 3 + 1 + 13 * 0.03 + 6) * 10_000;
        expect(Math.abs(left - (total - now) / 1_000)).toBeLessThan(1);
      }
    }
    expect(left).toBe(60);
  });
});

describe('how a search is shown', () => {
  const shown = (isTTY: boolean) => {
    const written: string[] = [];
    const screen: Screen = { isTTY, columns: 100, rows: 30, write: (text) => written.push(text) };
    const view = showSearch(facts, screen, () => 0);
    view.rung(rung(0, trials));
    view.started(0, rung(0, trials));
    view.ended(result(trials[0]!, 0, 0.5));
    view.stage('fitting', 1, 9);
    view.stage('fitting', 2, 9);
    view.end();
    view.end();
    return written;
  };

  it('is a line for each event where nothing can be redrawn', () => {
    const written = shown(false);
    expect(written.map((text) => text.trim().split(' ')[0])).toEqual(['Rung', 'trial', 'Version,']);
    expect(written.join('')).not.toContain('\u{1b}');
  });

  it('is drawn over what was drawn before on a terminal', () => {
    const [first = '', second = ''] = shown(true);
    expect(first).not.toContain('\u{1b}');
    expect(second.startsWith(`\u{1b}[${first.split('\n').length - 1}A\u{1b}[0J`)).toBe(true);
    expect(first).toContain('Version, fitting: 2 of 9');
  });
});
