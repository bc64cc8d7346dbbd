import uPlot from 'uplot';
import { figure } from './format.ts';

/** A line of a plot; `colour` is the name of a custom property of the style sheet. */
export interface Line {
  readonly label: string;
  readonly values: readonly (number | null)[];
  readonly colour: string;
  readonly dashed?: boolean;
  readonly points?: boolean;
}

/** Seconds on either side of a single point. */
const HALF_DAY = 43_200;

export interface PlotSpec {
  /** Seconds since 1970-01-01T00:00Z, ascending. */
  readonly at: readonly number[];
  readonly lines: readonly Line[];
  /** Two lines by their numbers, between which the area is filled. */
  readonly band?: { readonly upper: number; readonly lower: number };
  readonly unit: string;
  readonly height: number;
  /** Shown at least, so that a small change does not look like a large one. */
  readonly range?: readonly [number, number];
}

interface Drawn {
  readonly plot: uPlot;
  readonly place: HTMLElement;
  /** What was drawn, but for its numbers. */
  readonly frame: string;
  data: string;
}

/** The plots of the page, by the ids of the elements that they are drawn in. */
export class Plots {
  readonly #drawn = new Map<string, Drawn>();
  readonly #specs = new Map<string, PlotSpec>();
  readonly #resized = new ResizeObserver((entries) => {
    for (const { target, contentRect } of entries) {
      const drawn = this.#drawn.get(target.id);
      if (contentRect.width > 0) drawn?.plot.setSize({ width: contentRect.width, height: drawn.plot.height });
    }
  });

  constructor() {
    // A canvas does not follow the style sheet by itself.
    matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => {
      for (const [id, spec] of this.#specs) {
        this.#remove(id);
        this.show(id, spec);
      }
    });
  }

  /** Draws in the element of this id; where there is none any more, what was drawn is let go. */
  show(id: string, spec: PlotSpec): void {
    this.#specs.set(id, spec);
    const place = document.getElementById(id);
    const before = this.#drawn.get(id);
    const frame = JSON.stringify({
      ...spec,
      at: 0,
      lines: spec.lines.map((line) => ({ ...line, values: 0 })),
    });
    const columns = [spec.at, ...spec.lines.map(({ values }) => values)];
    const data = JSON.stringify(columns);
    if (before !== undefined && before.place === place && before.frame === frame) {
      if (before.data !== data) before.plot.setData(dataOf(spec));
      before.data = data;
      return;
    }
    this.#remove(id);
    if (place === null) return;
    const plot = new uPlot(optionsOf(spec, place), dataOf(spec), place);
    this.#drawn.set(id, { plot, place, frame, data });
    this.#resized.observe(place);
  }

  /** Lets go of the plots whose elements are gone. */
  sweep(): void {
    for (const [id, { place }] of this.#drawn)
      if (!place.isConnected) {
        this.#remove(id);
        this.#specs.delete(id);
      }
  }

  #remove(id: string): void {
    const drawn = this.#drawn.get(id);
    if (drawn === undefined) return;
    this.#resized.unobserve(drawn.place);
    drawn.plot.destroy();
    this.#drawn.delete(id);
  }
}

function dataOf({ at, lines }: PlotSpec): uPlot.AlignedData {
  return [[...at], ...lines.map(({ values }) => [...values])];
}

function optionsOf({ lines, band, unit, height, range }: PlotSpec, place: HTMLElement): uPlot.Options {
  const style = getComputedStyle(place);
  const colour = (name: string) => style.getPropertyValue(`--${name}`).trim();
  const grid = { stroke: colour('grid'), width: 1 };
  const axis = { stroke: colour('quiet'), grid, ticks: grid, font: `12px ${style.fontFamily}` };
  const shown = (value: number | null) =>
    value === null ? '–' : `${figure(value)}${unit === '' ? '' : ` ${unit}`}`;
  return {
    width: Math.max(200, place.clientWidth),
    height,
    tzDate: (time) => uPlot.tzDate(new Date(time * 1_000), 'Etc/UTC'),
    // The page scrolls: a plot that took the wheel or a drag would be in its way.
    cursor: { drag: { x: false, y: false }, points: { size: 6 } },
    legend: { live: true },
    scales: {
      x: {
        range: (_plot, first: number, last: number) =>
          first === last ? [first - HALF_DAY, last + HALF_DAY] : [first, last],
      },
      y: {
        range: (_plot, least: number | null, most: number | null) => {
          const [from, to] = [range?.[0] ?? Infinity, range?.[1] ?? -Infinity];
          const low = Math.min(least ?? from, from);
          const high = Math.max(most ?? to, to);
          if (!Number.isFinite(low) || !Number.isFinite(high)) return [0, 1];
          const air = (high - low || 1) * 0.06;
          return [low === range?.[0] ? low : low - air, high === range?.[1] ? high : high + air];
        },
      },
    },
    axes: [
      { ...axis, values: TIMES },
      { ...axis, size: 64, values: (_plot, splits) => splits.map((split) => shown(split)) },
    ],
    series: [
      { label: 'UTC', value: '{YYYY}-{MM}-{DD} {HH}:{mm}' },
      ...lines.map(({ label, colour: name, dashed, points }) => ({
        label,
        stroke: colour(name),
        width: 2,
        ...(dashed === true ? { dash: [6, 4] } : {}),
        points: { show: points ?? false, size: 5, fill: colour(name) },
        value: (_plot: uPlot, value: number | null) => shown(value),
      })),
    ],
    ...(band === undefined
      ? {}
      : { bands: [{ series: [band.upper + 1, band.lower + 1] as [number, number], fill: colour('band') }] }),
  };
}

/** Axis labels on a 24-hour clock: [spacing in seconds, format, and the formats where a year, a day … begins]. */
const DAY = '\n{YYYY}-{MM}-{DD}';
const TIMES: uPlot.Axis.Values = [
  [86_400, '{MM}-{DD}', '\n{YYYY}', null, null, null, null, null, 1],
  [60, '{HH}:{mm}', DAY, null, DAY, null, null, null, 1],
  [1, '{HH}:{mm}:{ss}', DAY, null, DAY, null, null, null, 1],
];
