import type { RunTrial } from '../../shared/training/run-record.ts';
import type { RungStep } from '../../shared/training/carry-out-search.ts';
import { rank } from '../../shared/training/search.ts';
import type { SearchPlan } from '../../shared/training/search-plan.ts';
import { SearchClock } from './search-clock.ts';

/** What is known of a trial so far. */
interface Line {
  readonly trial: number;
  readonly learner: string;
  readonly params: string;
  rows: number;
  value?: number | undefined;
  seconds?: number;
  state: string;
}

/** What is being searched, and on how many rows. */
export interface SearchFacts {
  readonly plan: SearchPlan;
  readonly trainingRows: number;
}

/** Where a search is, as lines of text. Times are milliseconds of a clock that only goes forward. */
export class SearchBoard {
  readonly #facts: SearchFacts;
  readonly #clock: SearchClock;
  readonly #lines = new Map<number, Line>();
  #ended: RunTrial[] = [];
  #stage = '';

  constructor(facts: SearchFacts, now: number) {
    this.#facts = facts;
    this.#clock = new SearchClock(facts.plan, now);
  }

  /** A rung begins: who is not in it is out. @returns what there is to say */
  rung({ rung, share, trials }: RungStep): string {
    const { plan, trainingRows } = this.#facts;
    const rows = Math.round(share * trainingRows);
    for (const line of this.#lines.values()) if (line.state !== 'failed') line.state = 'out';
    this.#ended = [];
    for (const { number: trial, learner, params } of trials) {
      const known = this.#lines.get(trial);
      if (known !== undefined) known.state = 'waiting';
      else {
        const drawn = drawnParams(plan, learner, params);
        this.#lines.set(trial, { trial, learner, params: drawn, rows, state: 'waiting' });
      }
    }
    return `Rung ${rung + 1} of ${plan.rungs}: ${trials.length} trials on ${shown(rows)} rows each`;
  }

  started(trial: number, { share }: Pick<RungStep, 'share'>): void {
    const line = this.#lines.get(trial);
    if (line === undefined) return;
    line.state = 'fitting';
    line.rows = Math.round(share * this.#facts.trainingRows);
  }

  progress(trial: number, done: number, total: number): void {
    const line = this.#lines.get(trial);
    if (line !== undefined) line.state = `fitting ${done}/${total}`;
  }

  /** A fit has ended. @returns what there is to say */
  ended(result: RunTrial, now: number): string {
    const { metric } = this.#facts.plan;
    this.#clock.fitted(result.rung, now);
    this.#ended.push(result);
    const line = this.#lines.get(result.trial);
    if (line === undefined) return '';
    line.value = result.metrics[metric];
    line.seconds = result.seconds;
    line.state = result.error === undefined ? 'done' : 'failed';
    const [best] = this.#ranked();
    for (const { trial } of this.#ended) {
      const other = this.#lines.get(trial);
      if (other !== undefined && other.state !== 'failed') other.state = trial === best ? 'best' : 'done';
    }
    const said = result.error === undefined ? `${metric} ${figure(line.value)}` : `failed: ${result.error}`;
    return `  trial ${line.trial} ${line.learner} ${line.params}: ${said}, ${line.seconds.toFixed(1)} s (${this.#clock.text(now)})`;
  }

  /** What is done with the best trial, and how far it is. @returns what there is to say where it is something new */
  stage(stage: string, done: number, total: number): string | undefined {
    const before = this.#stage.split(':')[0];
    const name = `Version, ${stage}`;
    this.#stage = total > 1 ? `${name}: ${done} of ${total}` : name;
    this.#clock.making();
    return before === name ? undefined : `${name} …`;
  }

  /**
   * The whole board.
   * @param width of the terminal: no line is longer
   * @param height of the terminal: trials that are out are left away where there is no room for them
   */
  lines(width: number, height: number, now: number): string[] {
    const { plan } = this.#facts;
    const room = Math.max(1, height - 4);
    const all = [...this.#lines.values()];
    const urgent = all.toSorted((a, b) => rankOf(a) - rankOf(b) || a.trial - b.trial).slice(0, room);
    const rows = all.filter((line) => urgent.includes(line));
    const hidden = all.length - rows.length;
    const right = (line?: Line) =>
      [
        (line === undefined ? 'rows' : shown(line.rows)).padStart(9),
        (line === undefined ? plan.metric : figure(line.value)).padStart(16),
        (line === undefined ? 'seconds' : (line.seconds?.toFixed(1) ?? '')).padStart(7),
        (line === undefined ? 'state' : line.state).padEnd(15),
      ].join('  ');
    const paramsWidth = Math.max(10, width - 1 - 5 - 21 - right().length - 2);
    const text = (number: string, learner: string, params: string, rest: string) =>
      `${number.padStart(3)}  ${cut(learner, 19).padEnd(19)}  ${cut(params, paramsWidth).padEnd(paramsWidth)}  ${rest}`;
    return [
      text('#', 'learner', 'parameters', right()),
      ...rows.map((line) => text(String(line.trial), line.learner, line.params, right(line))),
      ...(hidden > 0 ? [`     … and ${hidden} more`] : []),
      this.#stage === '' ? this.#clock.bar(now) : `${this.#clock.bar(now)}  ${this.#stage}`,
    ].map((line) => cut(line, width - 1).trimEnd());
  }

  #ranked(): number[] {
    const { metric } = this.#facts.plan;
    const values = this.#ended.map(({ trial, metrics }) => ({ trial, value: metrics[metric] ?? Number.NaN }));
    return rank(metric, values).map(({ trial }) => trial);
  }
}

/** What a person wants to see first. */
function rankOf({ state }: Line): number {
  if (state.startsWith('fitting')) return 0;
  return { best: 1, done: 2, waiting: 3, failed: 4 }[state] ?? 5;
}

/** The parameters that the search has drawn: the others are the same for all. */
function drawnParams(
  plan: SearchPlan,
  learner: RunTrial['learner'],
  params: Readonly<Record<string, unknown>>,
): string {
  const drawn = Object.entries(plan.learners[learner] ?? {}).filter(([, from]) => typeof from === 'object');
  return drawn.map(([name]) => `${name}=${String(params[name])}`).join(' ');
}

function figure(value: number | undefined): string {
  return value?.toFixed(4) ?? '';
}

function shown(count: number): string {
  return count.toLocaleString('en-US');
}

function cut(text: string, width: number): string {
  return text.length <= width ? text : `${text.slice(0, Math.max(0, width - 1))}…`;
}
