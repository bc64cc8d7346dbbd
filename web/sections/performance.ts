import { asTable, h, owned } from '../dom.ts';
import { figure, moment, percent, whole } from '../format.ts';
import type { PageState } from '../page-state.ts';
import { performanceSeries } from '../performance-plot.ts';
import type { PlotSpec } from '../plot.ts';
import type { Performance } from '../shapes.ts';
import { card, standing } from './card.ts';

/** How good the model really is, as labels tell, and what it is thought to be before they do. */
export function performanceSection({ feeds: { performance }, now }: PageState): HTMLElement {
  return card(
    'performance',
    'Performance, last 30 days',
    false,
    standing(performance, 'Performance is not available yet.', now),
    performance.value && shown(performance.value),
  );
}

function shown(performance: Performance): HTMLElement {
  const { windows } = performance;
  const off = windows.at(-1)?.estimateOff;
  if (windows.length === 0) return h('p', { class: 'quiet' }, 'No predictions in these days.');
  return h(
    'figure',
    {},
    h('figcaption', {}, 'Area under the ROC curve and average precision; an estimate is not a measurement'),
    off !== undefined && h('p', { class: 'quiet' }, `No estimate for the last window: ${off}.`),
    hasPoints(performance)
      ? owned('performance-plot', { class: 'plot', role: 'img', 'aria-labelledby': 'performance-title' })
      : h('p', { class: 'quiet' }, 'Nothing is measured yet: too few labels.'),
    asTable(
      'performance-table',
      'Performance by window, newest first',
      [
        { title: 'From (UTC)' },
        { title: 'Version', number: true },
        { title: 'Predictions', number: true },
        { title: 'Labelled', number: true },
        { title: 'AUC', number: true },
        { title: '95 % interval', number: true },
        { title: 'AUC, estimated', number: true },
        { title: 'Average precision', number: true },
        { title: 'Precision', number: true },
        { title: 'Recall', number: true },
      ],
      windows
        .toReversed()
        .map((one) => [
          moment(one.from) + (one.matured === false ? ' (labels not matured)' : ''),
          one.version,
          whole(one.predictions),
          percent(one.coverage),
          figure(one.aucRoc),
          one.aucRocInterval === undefined
            ? '–'
            : `${figure(one.aucRocInterval.lower)} to ${figure(one.aucRocInterval.upper)}`,
          figure(one.estimated?.aucRoc),
          figure(one.averagePrecision),
          percent(one.precision),
          percent(one.recall),
        ]),
    ),
  );
}

function hasPoints(performance: Performance): boolean {
  const { aucRoc, averagePrecision, estimated } = performanceSeries(performance);
  return [...aucRoc, ...averagePrecision, ...estimated].some((value) => value !== null);
}

export function performancePlot(performance: Performance): PlotSpec {
  const { at, aucRoc, lower, upper, averagePrecision, estimated } = performanceSeries(performance);
  return {
    at,
    lines: [
      { label: '95 % above', values: lower, colour: 'band-edge', points: false },
      { label: '95 % below', values: upper, colour: 'band-edge', points: false },
      { label: 'AUC', values: aucRoc, colour: 'line-1', points: true },
      { label: 'AUC, estimated', values: estimated, colour: 'line-2', dashed: true, points: true },
      { label: 'Average precision', values: averagePrecision, colour: 'line-4', points: true },
    ],
    band: { upper: 1, lower: 0 },
    unit: '',
    height: 220,
  };
}
