import { asTable, h, owned } from '../dom.ts';
import { clock, whole } from '../format.ts';
import { minuteSeries } from '../minute-plot.ts';
import type { PageState } from '../page-state.ts';
import type { PlotSpec } from '../plot.ts';
import type { Minutes } from '../shapes.ts';
import { card, standing } from './card.ts';

/** Predictions of the last hour, minute by minute. */
export function trafficSection({ feeds: { minutes }, now }: PageState): HTMLElement {
  return card(
    'traffic',
    'Predictions a minute, last hour',
    false,
    standing(minutes, 'Counts by minute are not available yet.', now),
    minutes.value && shown(minutes.value),
  );
}

function shown(minutes: Minutes): HTMLElement {
  const { at, arms, failures } = minuteSeries(minutes);
  const rows = at.map((time, place) => [
    clock(time * 1_000).slice(0, 5),
    ...arms.map(({ predictions }) => whole(predictions[place] ?? 0)),
    whole(failures[place] ?? 0),
  ]);
  return h(
    'div',
    {},
    arms.length === 0 && h('p', { class: 'quiet' }, 'Nothing was predicted in the last hour.'),
    h(
      'figure',
      {},
      owned('minutes-plot', { class: 'plot', role: 'img', 'aria-labelledby': 'traffic-title' }),
      asTable(
        'minutes-table',
        'Predictions by minute, newest first',
        [
          { title: 'Minute (UTC)' },
          ...arms.map(({ label }) => ({ title: label, number: true })),
          { title: 'Errors and fallbacks', number: true },
        ],
        rows.toReversed(),
      ),
    ),
  );
}

export function minutesPlot(minutes: Minutes): PlotSpec {
  const { at, arms, failures } = minuteSeries(minutes);
  return {
    at,
    lines: [
      ...arms.map(({ label, predictions }, place) => ({
        label,
        values: predictions,
        colour: `line-${(place % 4) + 1}`,
        points: false,
      })),
      { label: 'Errors and fallbacks', values: failures, colour: 'line-bad', dashed: true, points: false },
    ],
    unit: '',
    height: 220,
    range: [0, 1],
  };
}
