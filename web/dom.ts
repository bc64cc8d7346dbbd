type Attributes = Readonly<Record<string, string | number | boolean | undefined>>;
export type Child = Node | string | false | undefined;

/** An element; text is text, whatever it holds. An attribute that is false or undefined is left out. */
export function h<K extends keyof HTMLElementTagNameMap>(
  name: K,
  attributes: Attributes,
  ...children: readonly Child[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes))
    if (value !== false && value !== undefined)
      element.setAttribute(key, value === true ? '' : String(value));
  for (const child of children) if (child !== undefined && child !== false) element.append(child);
  return element;
}

/** Whose content belongs to somebody else, such as a plot's canvas. */
const OWNED = 'data-owned';

/** An empty element that `patch` leaves alone once it is there. */
export function owned(id: string, attributes: Attributes): HTMLElement {
  return h('div', { id, ...attributes, [OWNED]: true });
}

/**
 * Makes an element's content that of another one, and keeps every node that stays the same: whoever reads or tabs
 * through the page does not lose their place because it was refreshed.
 */
export function patch(live: Element, next: Element): void {
  const wanted = [...next.childNodes];
  for (const [place, node] of wanted.entries()) {
    const present = live.childNodes[place];
    if (present === undefined) live.append(node);
    else if (!isSame(present, node)) present.replaceWith(node);
    else if (present instanceof Element && node instanceof Element) {
      patchAttributes(present, node);
      if (!present.hasAttribute(OWNED)) patch(present, node);
    } else if (present.nodeValue !== node.nodeValue) present.nodeValue = node.nodeValue;
  }
  while (live.childNodes.length > wanted.length) live.lastChild?.remove();
}

function isSame(present: Node, node: Node): boolean {
  if (present.nodeName !== node.nodeName) return false;
  return !(present instanceof Element && node instanceof Element) || present.id === node.id;
}

function patchAttributes(live: Element, next: Element): void {
  // What the reader has opened stays open.
  for (const { name } of live.attributes)
    if (name !== 'open' && !next.hasAttribute(name) && !live.hasAttribute(OWNED)) live.removeAttribute(name);
  for (const { name, value } of next.attributes)
    if (live.getAttribute(name) !== value) live.setAttribute(name, value);
}

export interface Column {
  readonly title: string;
  /** Numbers are aligned to the right. */
  readonly number?: boolean;
}

/** A table; the first cell of a row names it. */
export function table(
  caption: string,
  columns: readonly Column[],
  rows: readonly (readonly Child[])[],
): HTMLElement {
  const classOf = (place: number) => (columns[place]?.number === true ? 'number' : undefined);
  return h(
    'div',
    { class: 'scroll', tabindex: 0, role: 'group', 'aria-label': caption },
    h(
      'table',
      {},
      h('caption', { class: 'hidden' }, caption),
      h(
        'thead',
        {},
        h(
          'tr',
          {},
          ...columns.map(({ title }, place) => h('th', { scope: 'col', class: classOf(place) }, title)),
        ),
      ),
      h(
        'tbody',
        {},
        ...rows.map((cells) =>
          h(
            'tr',
            {},
            ...cells.map((cell, place) =>
              place === 0
                ? h('th', { scope: 'row', class: classOf(place) }, cell)
                : h('td', { class: classOf(place) }, cell),
            ),
          ),
        ),
      ),
    ),
  );
}

/** What a plot shows, as a table that is there when it is asked for. */
export function asTable(
  id: string,
  caption: string,
  columns: readonly Column[],
  rows: readonly (readonly Child[])[],
): HTMLElement {
  return h('details', { id }, h('summary', {}, 'Show as a table'), table(caption, columns, rows));
}

/** A word of the page's own vocabulary, with a sign, so that it does not depend on its colour. */
export function badge(word: string, tone: 'good' | 'bad' | 'warn' | 'calm'): HTMLElement {
  const sign = { good: '✓', bad: '✕', warn: '!', calm: '·' }[tone];
  return h('span', { class: `badge ${tone}` }, h('span', { 'aria-hidden': 'true' }, sign), ` ${word}`);
}
