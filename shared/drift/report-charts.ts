import type { TopLevelSpec } from 'vega-lite';
import { chart, chartOf, INK, VALUES } from '../page/chart.ts';
import { shownNumber, shownShare } from '../page/html.ts';
import type { CategoricalDistribution, ColumnDistribution, NumericDistribution } from './distribution.ts';
import { sharesOf } from './psi.ts';
import type { TrendPoint } from './trend.ts';

const WIDTH = 340;
const SHOWN_CATEGORIES = 12;
const SHOWN_COLUMNS = 5;
/** So far up the trend is drawn: a broken column would flatten everything else. */
const MOST_TIMES = 10;

const shareAxis = { tickCount: 3, format: '.2~%' };

/** One bar of a chart: the share of the rows of either window. */
export interface ChartBar {
  readonly name: string;
  readonly reference: number;
  readonly current: number;
}

/** The distributions of both windows, one over the other; undefined where a picture would say nothing. */
export async function distributionChart(distribution: ColumnDistribution): Promise<string | undefined> {
  const bars = barsOf(distribution);
  const isVoid = bars.every(({ reference, current }) => reference === 0 && current === 0);
  if (isVoid || isScattered(distribution, bars)) return undefined;
  return distribution.kind === 'numeric' ? numericChart(distribution) : categoricalChart(distribution);
}

/** What is drawn, as numbers: every bin, or the categories with the largest shares and the others together. */
export function barsOf(distribution: ColumnDistribution): readonly ChartBar[] {
  const [reference, current] = [
    sharesWithBeyond(distribution, 'reference'),
    sharesWithBeyond(distribution, 'current'),
  ];
  if (distribution.kind === 'numeric') {
    const { edges } = distribution;
    return edges.slice(1).map((to, bin) => ({
      name: `${shownNumber(edges[bin]!)} to ${shownNumber(to)}`,
      reference: reference[bin] ?? 0,
      current: current[bin] ?? 0,
    }));
  }
  const all = distribution.categories.map((name, index) => ({
    name,
    reference: reference[index] ?? 0,
    current: current[index] ?? 0,
  }));
  if (all.length <= SHOWN_CATEGORIES) return all;
  const bars = all.toSorted((a, b) => Math.max(b.reference, b.current) - Math.max(a.reference, a.current));
  const others = bars.slice(SHOWN_CATEGORIES);
  const sum = (side: 'reference' | 'current') => others.reduce((total, bar) => total + bar[side], 0);
  return [
    ...bars.slice(0, SHOWN_CATEGORIES),
    { name: `${shownNumber(others.length)} others`, reference: sum('reference'), current: sum('current') },
  ];
}

/** How far the columns were from their limits over the last windows; undefined where there was one only. */
export async function trendChart(points: readonly TrendPoint[]): Promise<string | undefined> {
  const windows = new Set(points.map(({ at }) => at));
  if (windows.size < 2) return undefined;
  const names = trendColumns(points);
  const values = points
    .filter(({ column }) => names.includes(column))
    .map((point) => ({ ...point, times: Math.min(MOST_TIMES, point.times) }));
  const x = { field: 'at', type: 'temporal' as const, title: null, scale: { type: 'utc' as const } };
  const spec: TopLevelSpec = {
    width: 720,
    height: 180,
    layer: [
      {
        data: { values },
        mark: { type: 'line', strokeWidth: 2, point: { size: 24 } },
        encoding: {
          x: { ...x, axis: { grid: false, tickCount: 6 } },
          y: {
            field: 'times',
            type: 'quantitative',
            title: 'times the threshold',
            axis: { tickCount: 5 },
            scale: { zero: true },
          },
          color: {
            field: 'column',
            type: 'nominal',
            title: null,
            scale: { domain: [...names], range: [INK.bar, INK.label, INK.minus, INK.text, INK.muted] },
            legend: { orient: 'bottom', labelColor: INK.text, labelLimit: 240, columns: SHOWN_COLUMNS },
          },
          strokeDash: { field: 'column', type: 'nominal', scale: { domain: [...names] } },
        },
      },
      {
        data: { values: [{ limit: 1 }] },
        mark: { type: 'rule', color: INK.muted, strokeDash: [4, 4] },
        encoding: { y: { field: 'limit', type: 'quantitative' } },
      },
    ],
  };
  const last = points.filter(({ at }) => at === Math.max(...windows));
  const said = names.map((name) => {
    const { times = 0 } = last.find(({ column }) => column === name) ?? {};
    return `${name} ${shownNumber(times)}`;
  });
  return chart(
    spec,
    `Drift over the last ${windows.size} windows in multiples of the threshold; now: ${said.join(', ')}`,
  );
}

/** Whether nearly all rows have values that are too rare to be drawn, as identifiers do. */
function isScattered({ kind }: ColumnDistribution, bars: readonly ChartBar[]): boolean {
  const others = bars[SHOWN_CATEGORIES];
  return kind === 'categorical' && others !== undefined && Math.min(others.reference, others.current) > 0.9;
}

/** The columns whose trend is drawn: those furthest from their limits in the last window, then in any. */
export function trendColumns(points: readonly TrendPoint[]): readonly string[] {
  const last = Math.max(...points.map(({ at }) => at));
  const most = new Map<string, number>();
  for (const { column, at, times } of points) {
    // Whatever is beyond its limit now comes first.
    const weight = Math.min(times, 1e6) * (at === last && times >= 1 ? 1e6 : 1);
    most.set(column, Math.max(most.get(column) ?? 0, weight));
  }
  return [...most]
    .sort(([, a], [, b]) => b - a)
    .slice(0, SHOWN_COLUMNS)
    .map(([column]) => column);
}

const alongX = {
  field: 'from',
  type: 'quantitative' as const,
  title: null,
  scale: { zero: false, nice: false },
};
const density = { type: 'quantitative' as const, title: null, axis: null };

const drawNumbers = chartOf({
  width: WIDTH,
  height: 110,
  data: { name: VALUES },
  layer: [
    {
      mark: { type: 'area', color: INK.bar, opacity: 0.45, interpolate: 'step-after' },
      encoding: {
        x: { ...alongX, axis: { grid: false, tickCount: 5, format: '~s' } },
        y: { ...density, field: 'reference', stack: null },
      },
    },
    {
      mark: { type: 'line', color: INK.label, strokeWidth: 2, interpolate: 'step-after' },
      encoding: { x: alongX, y: { ...density, field: 'current' } },
    },
  ],
});

const alongY = {
  field: 'name',
  type: 'nominal' as const,
  title: null,
  sort: null,
  axis: { labelLimit: 130 },
};
const shareOfRows = { type: 'quantitative' as const, title: 'share of rows', axis: shareAxis };

const drawCategories = chartOf({
  width: WIDTH - 120,
  height: { step: 19 },
  data: { name: VALUES },
  layer: [
    {
      mark: { type: 'bar', color: INK.bar, opacity: 0.45, height: 15 },
      encoding: { y: alongY, x: { ...shareOfRows, field: 'reference' } },
    },
    {
      mark: { type: 'bar', color: INK.label, height: 5 },
      encoding: { y: alongY, x: { ...shareOfRows, field: 'current' } },
    },
  ],
});

function numericChart(distribution: NumericDistribution): Promise<string> {
  const { edges, column } = distribution;
  const bins = barsOf(distribution).map(({ reference, current }, bin) => {
    const [from, to] = [edges[bin]!, edges[bin + 1]!];
    return { from, to, reference: reference / (to - from), current: current / (to - from) };
  });
  const last = bins.at(-1)!;
  const [before, now] = [middleHalf(distribution, 'reference'), middleHalf(distribution, 'current')];
  return drawNumbers(
    // The last step needs an end.
    [...bins, { ...last, from: last.to }],
    `Distribution of ${column}: half of the reference's rows lie between ${before}, half of the current ones between ${now}`,
  );
}

function categoricalChart(distribution: CategoricalDistribution): Promise<string> {
  const bars = barsOf(distribution);
  const moved = bars.toSorted(
    (a, b) => Math.abs(b.current - b.reference) - Math.abs(a.current - a.reference),
  );
  const said = moved
    .slice(0, 3)
    .map(({ name, reference, current }) => `${name} ${shownShare(reference)}, now ${shownShare(current)}`);
  return drawCategories(bars, `Shares of ${distribution.column}, the most changed first: ${said.join('; ')}`);
}

/** Shares of all rows with a value, those beyond the drawn range among them. */
function sharesWithBeyond(distribution: ColumnDistribution, side: 'reference' | 'current'): Float64Array {
  const beyond = distribution.kind === 'numeric' ? (distribution.beyond?.[side] ?? 0) : 0;
  const shares = sharesOf([...distribution[side], beyond]);
  return shares.map((share) => (Number.isNaN(share) ? 0 : share));
}

/** Where the middle half of a window's rows lies, as far as the bins tell. */
function middleHalf({ edges, ...distribution }: NumericDistribution, side: 'reference' | 'current'): string {
  const counts = distribution[side];
  const rows = counts.reduce((sum, count) => sum + count, 0);
  const at = (share: number): number => {
    let below = 0;
    for (const [bin, count] of counts.entries()) {
      const [from, to] = [edges[bin]!, edges[bin + 1]!];
      if (count > 0 && below + count >= share * rows)
        return from + ((share * rows - below) / count) * (to - from);
      below += count;
    }
    return edges.at(-1)!;
  };
  return rows === 0 ? 'nothing' : `${shownNumber(at(0.25))} and ${shownNumber(at(0.75))}`;
}
