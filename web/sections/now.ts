import { noticesOf } from '../attention.ts';
import { type Child, h } from '../dom.ts';
import { figure, moment, percent } from '../format.ts';
import { latestMinutes, rateNow } from '../minute-plot.ts';
import { lastDrift, type PageState } from '../page-state.ts';
import { card, standing } from './card.ts';

/** The first thing that a person sees who was woken up. */
export function nowSection({ feeds, now }: PageState): HTMLElement {
  const { traffic, minutes } = feeds;
  const drift = lastDrift(feeds);
  const shown = traffic.value;
  return card(
    'now',
    'Now',
    true,
    notices({ feeds, now }),
    standing(traffic, 'There is no model of this name any more.', now),
    shown === undefined
      ? undefined
      : h(
          'dl',
          { class: 'figures' },
          entry('Champion', `Version ${shown.champion.version}`, share(shown.canary?.percent)),
          entry(
            'Canary',
            shown.canary === null ? 'none' : `Version ${shown.canary.version}`,
            shown.canary === null ? undefined : `${shown.canary.percent} % of the traffic`,
          ),
          entry(
            'Shadow',
            shown.shadow === null ? 'none' : `Version ${shown.shadow.version}`,
            shown.shadow === null ? undefined : 'scored beside the replies',
          ),
          ...rates(minutes.value),
          entry(
            'Drift',
            driftWord(drift),
            drift === undefined ? 'no report yet' : `checked up to ${moment(drift.window.to)}`,
          ),
        ),
  );
}

function driftWord(report: ReturnType<typeof lastDrift>): string {
  if (report === undefined) return '–';
  if (report.alarm) return 'alarm';
  return report.drifted ? 'one window' : 'none';
}

function share(canary: number | undefined): string {
  return `${figure(100 - (canary ?? 0))} % of the traffic`;
}

function rates(minutes: PageState['feeds']['minutes']['value']): Child[] {
  if (minutes === undefined) return [entry('Predictions', '–', 'not known')];
  const { predictions, errors } = latestMinutes(minutes);
  return [
    entry('Predictions a minute', figure(rateNow(minutes), 3), 'over the last 5 minutes'),
    entry('Errors', predictions === 0 ? '–' : percent(errors / predictions), 'of the last 5 minutes'),
  ];
}

function entry(name: string, value: string, detail: string | undefined): HTMLElement {
  return h('div', {}, h('dt', {}, name), h('dd', {}, value, detail !== undefined && h('small', {}, detail)));
}

function notices({ feeds, now }: Pick<PageState, 'feeds' | 'now'>): HTMLElement {
  const found = noticesFrom({ feeds, now });
  if (found.length === 0) return h('ul', { class: 'notices' }, h('li', { class: 'none' }, calm(feeds)));
  const word = { act: 'Act: ', watch: '' };
  return h(
    'ul',
    { class: 'notices' },
    ...found.map(({ level, section, text }) =>
      h('li', { class: level }, word[level], h('a', { href: `#${section}` }, text)),
    ),
  );
}

export function noticesFrom({ feeds, now }: Pick<PageState, 'feeds' | 'now'>): ReturnType<typeof noticesOf> {
  const { minutes, promotion, performance, runs } = feeds;
  return noticesOf(
    {
      minutes: minutes.value,
      promotion: promotion.value,
      drift: lastDrift(feeds),
      performance: performance.value,
      runs: runs.value,
    },
    now,
  );
}

/** That nothing is wrong is said only of what is known. */
function calm(feeds: PageState['feeds']): string {
  const unknown: string[] = (['minutes', 'promotions', 'performance', 'runs'] as const).filter(
    (name) => feeds[name].value === undefined,
  );
  if (lastDrift(feeds) === undefined) unknown.push('drift');
  if (unknown.length === 0) return 'Nothing needs attention.';
  return `Nothing needs attention, as far as is known (nothing known of: ${unknown.join(', ')}).`;
}
