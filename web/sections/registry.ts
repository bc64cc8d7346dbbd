import { badge, h, table } from '../dom.ts';
import { duration, figure, moment } from '../format.ts';
import type { PageState } from '../page-state.ts';
import type { Runs, Versions } from '../shapes.ts';
import { card, standing } from './card.ts';

const RUN_TONES = { registered: 'good', failed: 'bad', rejected: 'bad', running: 'warn' } as const;

/** Retrain runs. */
export function runsSection({ feeds: { runs }, now }: PageState): HTMLElement {
  const items = runs.value?.items;
  return card(
    'runs',
    'Retrain runs',
    false,
    standing(runs, 'Runs are not available yet.', now),
    items !== undefined &&
      (items.length === 0 ? h('p', { class: 'quiet' }, 'No run yet.') : runTable(items, now)),
  );
}

function runTable(items: Runs['items'], now: number): HTMLElement {
  return table(
    'Retrain runs, newest first',
    [
      { title: 'Started (UTC)' },
      { title: 'Status' },
      { title: 'Took', number: true },
      { title: 'Trials', number: true },
      { title: 'Made' },
      { title: 'Reason' },
    ],
    items.map(({ startedAt, endedAt, status, step, trials, version, reason, error }) => {
      const end = endedAt === undefined ? now : Date.parse(endedAt);
      return [
        moment(startedAt),
        h('span', {}, badge(status, toneOf(status)), status === 'running' && ` ${step}`),
        startedAt === undefined ? '–' : duration(end - Date.parse(startedAt)),
        `${trials.length}`,
        version === undefined ? '–' : `version ${version}`,
        h('div', { class: 'long' }, reason, error !== undefined && ` (${error})`),
      ];
    }),
  );
}

function toneOf(status: string): 'good' | 'bad' | 'warn' | 'calm' {
  return Object.entries(RUN_TONES).find(([name]) => name === status)?.[1] ?? 'calm';
}

/** The model's versions. */
export function versionsSection({ model, feeds: { versions }, now, hasKey }: PageState): HTMLElement {
  return card(
    'versions',
    'Versions',
    false,
    standing(versions, 'There is no version.', now),
    versions.value && versionTable(model, versions.value, hasKey),
  );
}

function versionTable(model: string, { items }: Versions, hasKey: boolean): HTMLElement {
  const base = `/api/models/${encodeURIComponent(model)}/versions`;
  return table(
    'Versions, newest first',
    [
      { title: 'Version' },
      { title: 'State' },
      { title: 'Created (UTC)' },
      { title: 'Learner' },
      { title: 'AUC', number: true },
      { title: 'Average precision', number: true },
    ],
    items.map(({ version, state, createdAt, learner, metrics, reason }) => [
      hasKey
        ? version
        : h('a', { href: `${base}/${version}/card`, target: '_blank', rel: 'noopener' }, version),
      h(
        'span',
        { title: reason },
        badge(state, state === 'champion' ? 'good' : state === 'rejected' ? 'bad' : 'calm'),
      ),
      moment(createdAt),
      learner.replaceAll('_', ' '),
      figure(metrics['aucRoc']),
      figure(metrics['averagePrecision']),
    ]),
  );
}
