import type { RungStep } from '../../shared/training/carry-out-search.ts';
import type { FitProgress } from '../../shared/training/learner.ts';
import type { RunTrial } from '../../shared/training/run-record.ts';
import { SearchBoard, type SearchFacts } from './search-board.ts';

const REDRAW_MS = 150;

/** What the table needs of standard error. */
export interface Screen {
  readonly isTTY?: boolean | undefined;
  readonly columns?: number | undefined;
  readonly rows?: number | undefined;
  write(text: string): unknown;
}

/** Shows how a search goes: a table that is redrawn in place on a terminal, a line for each event elsewhere. */
export interface SearchView {
  readonly rung: (rung: RungStep) => void;
  readonly started: (trial: number, rung: RungStep) => void;
  readonly progress: (trial: number, done: number, total: number) => void;
  readonly ended: (result: RunTrial) => void;
  readonly stage: FitProgress;
  /** The last state of the table stays. */
  readonly end: () => void;
}

export function showSearch(facts: SearchFacts, screen: Screen, now: () => number): SearchView {
  const board = new SearchBoard(facts, now());
  const isLive = screen.isTTY === true;
  let drawn = 0;
  const draw = (): void => {
    const lines = board.lines(screen.columns ?? 120, screen.rows ?? 40, now());
    // Up to the first line of the last drawing, and away with all of it.
    const back = drawn === 0 ? '' : `\u{1b}[${drawn}A\u{1b}[0J`;
    screen.write(`${back}${lines.join('\n')}\n`);
    drawn = lines.length;
  };
  const timer = isLive ? setInterval(draw, REDRAW_MS) : undefined;
  const say = (line: string | undefined): void => {
    if (!isLive && line !== undefined) screen.write(`${line}\n`);
  };
  return {
    rung: (rung) => say(board.rung(rung)),
    started: (trial, rung) => board.started(trial, rung),
    progress: (trial, done, total) => board.progress(trial, done, total),
    ended: (result) => say(board.ended(result, now())),
    stage: (stage, done, total) => say(board.stage(stage, done, total)),
    end: () => {
      clearInterval(timer);
      if (isLive) draw();
    },
  };
}
