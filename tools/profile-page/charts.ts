import type { TopLevelSpec } from 'vega-lite';
import type { ColumnProfile, Profile, ValueCount } from '../../shared/training/profile.ts';
import { type Bin, binsOf, periodsOf, rateOf } from './bins.ts';
import { chart, INK } from '../../shared/page/chart.ts';
import type { Correlation } from './correlations.ts';
import { shownNumber, shownShare, shownTime } from '../../shared/page/html.ts';

const SHOWN_VALUES = 12;
const WIDTH = 340;

const countAxis = { tickCount: 3, format: '~s' };
const shareAxis = { tickCount: 3, format: '.2~%' };

/** The label rate over time, or over the file where there are no times, with its 95 % interval, above the rows' number. */
export async function labelOverTime(profile: Profile): Promise<string | undefined> {
  const { bins, byTime } = periodsOf(profile);
  const points = rated(bins);
  if (points.length < 2) return undefined;
  const x = {
    field: 'middle',
    type: byTime ? ('temporal' as const) : ('quantitative' as const),
    title: byTime ? 'event time (UTC)' : 'place in the file (row)',
    axis: { grid: false, tickCount: 6 },
    ...(byTime ? { scale: { type: 'utc' as const } } : { scale: { zero: false } }),
  };
  const rates = points.map(({ rate }) => rate);
  const extent = `from ${shownShare(Math.min(...rates))} to ${shownShare(Math.max(...rates))}`;
  return chart(
    {
      vconcat: [
        {
          width: 720,
          height: 160,
          data: { values: points },
          layer: [
            {
              mark: { type: 'area', color: INK.label, opacity: 0.18 },
              encoding: {
                x: { ...x, title: null },
                y: { field: 'lower', type: 'quantitative', title: 'label rate', axis: shareAxis },
                y2: { field: 'upper' },
              },
            },
            {
              mark: { type: 'line', color: INK.label, strokeWidth: 2 },
              encoding: { x: { ...x, title: null }, y: { field: 'rate', type: 'quantitative' } },
            },
          ],
        },
        {
          width: 720,
          height: 50,
          data: { values: bins.map((bin) => ({ ...bin, middle: (bin.from + bin.to) / 2 })) },
          mark: { type: 'bar', color: INK.bar, width: 14 },
          encoding: { x, y: { field: 'rows', type: 'quantitative', title: 'rows', axis: countAxis } },
        },
      ],
      resolve: { scale: { x: 'shared' } },
    },
    `Label rate over ${byTime ? 'event time' : 'the file'}: ${points.length} periods, ${extent}`,
  );
}

/** The share of missing values, of the columns that have any. */
export async function missingValues({ columns }: Profile): Promise<string | undefined> {
  const values = columns
    .filter(({ missing }) => missing > 0)
    .map(({ name, missing, rows }) => ({ name, share: missing / rows }))
    .toSorted((a, b) => b.share - a.share);
  if (values.length === 0) return undefined;
  return chart(
    {
      width: 560,
      height: { step: 20 },
      data: { values },
      mark: { type: 'bar', color: INK.minus },
      encoding: {
        y: { field: 'name', type: 'nominal', title: null, sort: null },
        x: {
          field: 'share',
          type: 'quantitative',
          title: 'share of rows without a value',
          axis: shareAxis,
          scale: { domain: [0, 1] },
        },
      },
    },
    `Missing values: ${values.map(({ name, share }) => `${name} ${shownShare(share)}`).join(', ')}`,
  );
}

/** The rank correlations as squares: the stronger, the darker; the colour says the sign. */
export async function correlationSquares(correlations: readonly Correlation[]): Promise<string | undefined> {
  const names = [...new Set(correlations.flatMap(({ a, b }) => [b, a]))];
  if (names.length < 2) return undefined;
  const values = correlations.map((one) => ({
    ...one,
    strength: Math.abs(one.value),
    shown: one.value.toFixed(2).replace(/^-(0\.00)$/, '$1'),
  }));
  const strongest = correlations.toSorted((x, y) => Math.abs(y.value) - Math.abs(x.value)).slice(0, 3);
  const at = {
    x: {
      field: 'b',
      type: 'nominal' as const,
      title: null,
      sort: names,
      axis: { labelAngle: -40, domain: false, ticks: false },
    },
    y: {
      field: 'a',
      type: 'nominal' as const,
      title: null,
      sort: names,
      axis: { domain: false, ticks: false },
    },
  };
  const colour = { condition: { test: 'datum.value < 0', value: INK.minus }, value: INK.bar };
  return chart(
    {
      width: { step: 46 },
      height: { step: 30 },
      data: { values },
      layer: [
        {
          mark: { type: 'rect', cornerRadius: 3 },
          encoding: {
            ...at,
            color: colour,
            opacity: {
              field: 'strength',
              type: 'quantitative',
              scale: { domain: [0, 1], range: [0.06, 0.9] },
              legend: null,
            },
          },
        },
        {
          mark: { type: 'text', fontSize: 10, color: INK.text },
          encoding: { ...at, text: { field: 'shown' } },
        },
      ],
    },
    `Rank correlations of ${names.length} columns; the strongest: ${strongest
      .map(({ a, b, value }) => `${a} and ${b} ${value.toFixed(2)}`)
      .join(', ')}`,
  );
}

/** How a column's numbers are distributed, and the label rate along them. */
export async function numberDistribution(
  profile: ColumnProfile,
  labels: Uint8Array,
): Promise<{ svg: string; beyond: number } | undefined> {
  const { bins, beyond } = binsOf(profile, labels);
  if (bins.length === 0) return undefined;
  const isTime = profile.column?.type === 'timestamp';
  const x = {
    type: isTime ? ('temporal' as const) : ('quantitative' as const),
    title: null,
    axis: { grid: false, tickCount: 5, ...(isTime ? {} : { format: '~s' }) },
    scale: isTime ? { type: 'utc' as const } : { zero: false, nice: false },
  };
  const points = rated(bins).filter(({ labelled }) => labelled >= 5);
  const [first, last] = [bins[0]?.from ?? 0, bins.at(-1)?.to ?? 0];
  const shown = isTime ? shownTime : shownNumber;
  const counts = {
    width: WIDTH,
    height: 90,
    data: { values: bins },
    mark: { type: 'bar' as const, color: INK.bar, binSpacing: 1 },
    encoding: {
      x: { ...x, field: 'from' },
      x2: { field: 'to' },
      y: { field: 'rows', type: 'quantitative' as const, title: 'rows', axis: countAxis },
    },
  };
  const spec: TopLevelSpec =
    points.length < 2
      ? counts
      : {
          vconcat: [counts, rateAlong(points, { ...x, field: 'middle' })],
          resolve: { scale: { x: 'shared' } },
          spacing: 6,
        };
  const description = `Distribution of ${profile.name} in ${bins.length} bars from ${shown(first)} to ${shown(last)}, and the label rate along it`;
  return { svg: await chart(spec, description), beyond };
}

/** The most frequent values of a column, and the label rate of each. */
export async function valueCounts({ name, values }: ColumnProfile): Promise<string | undefined> {
  if (values.length === 0) return undefined;
  const shown = values.slice(0, SHOWN_VALUES).map(named);
  const data = { values: shown };
  const y = { field: 'value', type: 'nominal' as const, title: null, sort: null, axis: { labelLimit: 130 } };
  const counts = {
    width: 160,
    height: { step: 17 },
    data,
    mark: { type: 'bar' as const, color: INK.bar },
    encoding: { y, x: { field: 'rows', type: 'quantitative' as const, title: 'rows', axis: countAxis } },
  };
  const rates = shown.filter(({ rate }) => rate !== undefined);
  const x = { type: 'quantitative' as const, title: 'label rate', axis: shareAxis };
  const spec: TopLevelSpec =
    rates.length === 0
      ? counts
      : {
          data,
          hconcat: [
            counts,
            {
              width: 130,
              height: { step: 17 },
              encoding: { y: { ...y, axis: { labels: false, ticks: false, domain: false, title: null } } },
              layer: [
                {
                  mark: { type: 'rule', color: INK.label, opacity: 0.5 },
                  encoding: { x: { ...x, field: 'lower' }, x2: { field: 'upper' } },
                },
                {
                  mark: { type: 'point', filled: true, color: INK.label, size: 30 },
                  encoding: { x: { ...x, field: 'rate' } },
                },
              ],
            },
          ],
          resolve: { scale: { y: 'shared' } },
          spacing: 8,
        };
  const said = shown.map(
    ({ value, rows, rate }) =>
      `${value} ${rows}${rate === undefined ? '' : ` (${shownShare(rate)} positive)`}`,
  );
  return chart(spec, `Most frequent values of ${name}: ${said.join(', ')}`);
}

function rateAlong<X extends object>(points: ReturnType<typeof rated>, x: X) {
  const quantitative = 'quantitative' as const;
  return {
    width: WIDTH,
    height: 60,
    data: { values: points },
    encoding: { x },
    layer: [
      {
        mark: { type: 'rule' as const, color: INK.label, opacity: 0.4 },
        encoding: {
          y: { field: 'lower', type: quantitative, title: 'label rate', axis: shareAxis },
          y2: { field: 'upper' },
        },
      },
      {
        mark: { type: 'point' as const, filled: true, color: INK.label, size: 18 },
        encoding: { y: { field: 'rate', type: quantitative } },
      },
    ],
  };
}

function rated(bins: readonly Bin[]) {
  return bins.flatMap((bin) => {
    const rate = rateOf(bin.positives, bin.labelled);
    return rate === undefined ? [] : [{ ...bin, ...rate, middle: (bin.from + bin.to) / 2 }];
  });
}

function named({ value, rows, labelled, positives }: ValueCount) {
  return { value, rows, ...rateOf(positives, labelled) };
}
