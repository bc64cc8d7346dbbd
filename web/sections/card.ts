import { type Child, h } from '../dom.ts';
import type { Feed } from '../feed.ts';
import { clock, duration } from '../format.ts';

/** A part of the page, with its heading, and what is wrong with its data. */
export function card(id: string, title: string, isWide: boolean, ...children: readonly Child[]): HTMLElement {
  const heading = `${id}-title`;
  return h(
    'section',
    { id, class: isWide ? 'wide' : undefined, 'aria-labelledby': heading, tabindex: -1 },
    h('h2', { id: heading }, title),
    ...children,
  );
}

/** What there is instead of, or beside, a value; undefined where it is current. @param nothing what a 404 means */
export function standing(feed: Feed<unknown>, nothing: string, now: number): HTMLElement | undefined {
  const { at, problem } = feed;
  if (problem === undefined) return at === undefined ? h('p', { class: 'quiet' }, 'Loading…') : undefined;
  if (problem.kind === 'missing') return nothing === '' ? undefined : h('p', { class: 'quiet' }, nothing);
  if (problem.kind === 'locked') return h('p', { class: 'notice' }, 'Not shown: the API asks for a key.');
  const since = at === undefined ? '' : ` This is from ${clock(at)} UTC, ${duration(now - at)} ago.`;
  return h('p', { class: 'failed' }, `Could not be refreshed: ${problem.message}.${since}`);
}
