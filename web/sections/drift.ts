import { badge, type Child, h, table } from '../dom.ts';
import { type DriftCell, driftMap } from '../drift-map.ts';
import { figure, moment, whole } from '../format.ts';
import { lastDrift, type PageState } from '../page-state.ts';
import type { DriftReport } from '../shapes.ts';
import { card, standing } from './card.ts';

const LEGEND = ['far from the threshold', 'half-way', 'near it, or beyond it by chance', 'drifted'];

/** What has changed in the data: the last report, and columns by day. */
export function driftSection(state: PageState): HTMLElement {
  const { drift, driftHistory } = state.feeds;
  const reports = driftHistory.value?.items ?? (drift.value === undefined ? [] : [drift.value]);
  const shown = lastDrift(state.feeds);
  const isMissing = drift.problem?.kind === 'missing' && reports.length === 0;
  return card(
    'drift',
    'Drift, columns by day',
    true,
    standing(drift, isMissing ? 'No drift report yet: the check runs daily, or on demand.' : '', state.now),
    shown && latest(state, shown),
    driftHistory.problem?.kind === 'failed' && standing(driftHistory, '', state.now),
    reports.length > 0 && heatMap(state, reports),
    drift.value !== undefined &&
      driftHistory.problem?.kind === 'missing' &&
      h('p', { class: 'quiet' }, 'Earlier reports are not available yet: only the last one is shown.'),
  );
}

function latest(state: PageState, report: DriftReport): HTMLElement {
  const { alarm, drifted, window, rows, columns, id, summary } = report;
  const found = columns.filter((column) => column.drifted);
  const names = found.map(({ column }) => column);
  const said =
    names.length === 0
      ? 'No column has drifted.'
      : `Drifted, the most important first: ${names.slice(0, 8).join(', ')}${names.length > 8 ? ' …' : ''}.`;
  const word: [string, 'good' | 'bad' | 'warn'] = alarm
    ? ['alarm', 'bad']
    : drifted
      ? ['one window', 'warn']
      : ['no drift', 'good'];
  return h(
    'div',
    {},
    h('p', { class: 'row' }, badge(...word), summary ?? said),
    found.length > 0 && reasons(found),
    h(
      'p',
      { class: 'quiet' },
      `Last check: ${rows === undefined ? '' : `${whole(rows)} rows, `}${moment(window.from)} to ${moment(window.to)} UTC. `,
      link(state, id, {}, 'Open the report'),
    ),
  );
}

function reasons(columns: DriftReport['columns']): HTMLElement {
  return table(
    'Columns that have drifted, the most important first',
    [
      { title: 'Column' },
      { title: 'Score', number: true },
      { title: 'Threshold', number: true },
      { title: 'Why' },
    ],
    columns.map(({ column, role, driftScore, threshold, method, reasons: why }) => [
      role === undefined ? column : `${column} (${role})`,
      figure(driftScore, 3),
      figure(threshold, 3),
      h('div', { class: 'long' }, why?.join(' ') ?? method ?? ''),
    ]),
  );
}

/** To a report; where the API asks for a key, which a link cannot send, the click is answered by main.ts. */
function link(
  { model, hasKey }: PageState,
  id: string,
  attributes: Record<string, string>,
  ...text: Child[]
): HTMLElement {
  const href = `/api/models/${encodeURIComponent(model)}/drift/${encodeURIComponent(id)}`;
  return h(
    'a',
    { href, target: '_blank', rel: 'noopener', 'data-report': hasKey ? id : undefined, ...attributes },
    ...text,
  );
}

function heatMap(state: PageState, reports: readonly DriftReport[]): HTMLElement {
  const { days, rows } = driftMap(reports);
  return h(
    'div',
    {},
    h(
      'div',
      { class: 'scroll tall', tabindex: 0, role: 'group', 'aria-label': 'Drift of each column by day' },
      h(
        'table',
        { class: 'heat' },
        h('caption', { class: 'hidden' }, 'Drift score of each column by day; each links to its report'),
        h(
          'thead',
          {},
          h(
            'tr',
            {},
            h('th', { scope: 'col' }, 'Column'),
            ...days.map(({ day, alarm, reportId }) =>
              h(
                'th',
                { scope: 'col' },
                link(
                  state,
                  reportId,
                  { 'aria-label': `Report of ${day}${alarm ? ', alarm' : ''}` },
                  day.slice(5),
                ),
                alarm && h('span', { class: 'badge bad' }, 'alarm'),
              ),
            ),
          ),
        ),
        h(
          'tbody',
          {},
          ...rows.map(({ column, role, cells }) =>
            h(
              'tr',
              {},
              h(
                'th',
                { scope: 'row' },
                column,
                role !== '' && h('span', { class: 'quiet role' }, ` ${role}`),
              ),
              ...cells.map((cell, place) =>
                h('td', {}, heatCell(state, cell, `${column}, ${days[place]?.day ?? ''}`)),
              ),
            ),
          ),
        ),
      ),
    ),
    h(
      'p',
      { class: 'row quiet', 'aria-hidden': 'true' },
      ...LEGEND.map((text, heat) =>
        h('span', { class: 'key' }, h('span', { class: `cell heat-${heat}` }, heat === 3 ? '▲' : ' '), text),
      ),
    ),
  );
}

function heatCell(state: PageState, cell: DriftCell | undefined, name: string): HTMLElement {
  if (cell === undefined)
    return h('span', { class: 'cell quiet' }, h('span', { class: 'hidden' }, 'not measured'));
  const { reportId, driftScore, threshold, drifted, heat } = cell;
  const score = figure(driftScore, 2);
  const verdict = drifted ? 'drifted' : heat === undefined ? 'not tested' : 'not drifted';
  const label = `${name}: ${verdict}, score ${score}, threshold ${figure(threshold, 2)}`;
  const look = heat === undefined ? 'cell untested' : `cell heat-${heat}`;
  return link(
    state,
    reportId,
    { class: look, 'aria-label': label, title: label },
    drifted ? `▲ ${score}` : score,
  );
}
