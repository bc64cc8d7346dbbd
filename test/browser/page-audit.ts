import type { Page } from 'playwright-core';

/** What is wrong with a page for those who do not see it, or see it badly. Nothing is what it should find. */
export async function auditPage(page: Page): Promise<string[]> {
  return [...(await page.evaluate<string[]>(STRUCTURE)), ...(await page.evaluate<string[]>(CONTRAST))];
}

/**
 * Structure, after WCAG 2.2 (1.1.1, 1.3.1, 2.4.1, 2.4.2, 3.1.1, 4.1.2): names, landmarks, headings, tables, ids. In the
 * page's own words, for the compiler does not know a document here.
 */
const STRUCTURE = `(() => {
  const faults = [];
  const all = (selector) => [...document.querySelectorAll(selector)];
  const show = (element) => element.outerHTML.slice(0, 120);
  const isShown = (element) => element.checkVisibility();
  const textOf = (ids) => ids.split(' ').map((id) => document.getElementById(id)?.textContent ?? '').join(' ').trim();
  const nameOf = (element) =>
    textOf(element.getAttribute('aria-labelledby') ?? '') ||
    (element.getAttribute('aria-label') ?? '').trim() ||
    [...(element.labels ?? [])].map((label) => label.textContent).join(' ').trim() ||
    element.textContent.trim();
  if (document.documentElement.lang === '') faults.push('the document has no language');
  if (document.title === '') faults.push('the document has no title');
  for (const selector of ['header', 'main', 'nav', 'h1'])
    if (all('body ' + selector).length !== 1) faults.push(selector + ' is not there once');
  for (const element of all('a[href], button, summary, [role=img], section, nav, dialog, [tabindex="0"]'))
    if (isShown(element) && nameOf(element) === '') faults.push('no name: ' + show(element));
  for (const element of all('input, select, textarea'))
    if (isShown(element) && element.labels.length === 0) faults.push('no label: ' + show(element));
  let level = 0;
  for (const heading of all('h1, h2, h3, h4').filter(isShown)) {
    const own = Number(heading.tagName[1]);
    if (own > level + 1) faults.push('a heading level is left out: ' + show(heading));
    level = own;
  }
  for (const table of all('table').filter((table) => table.closest('.uplot') === null)) {
    if (!table.caption?.textContent) faults.push('no caption: ' + show(table));
    if (table.querySelector('th:not([scope])')) faults.push('a header cell without scope: ' + show(table));
  }
  const ids = all('[id]').map(({ id }) => id);
  for (const id of ids) if (ids.indexOf(id) !== ids.lastIndexOf(id)) faults.push('id twice: ' + id);
  for (const element of all('[aria-labelledby], label[for]'))
    for (const id of (element.getAttribute('aria-labelledby') ?? element.htmlFor).split(' '))
      if (document.getElementById(id) === null) faults.push('points to nothing: ' + show(element));
  for (const element of all('*'))
    for (const { name } of element.attributes) if (/^on/.test(name)) faults.push('a handler inline: ' + show(element));
  if (document.querySelector('[aria-live=polite]') === null) faults.push('nothing announces changes');
  return faults;
})()`;

/** Contrast of every text with its ground, as WCAG 2.2 (1.4.3) defines it: 4.5 to 1, of large text 3 to 1. */
const CONTRAST = `(() => {
  const parse = (colour) => {
    const [red, green, blue, alpha = 1] = colour.match(/[\\d.]+/g).map(Number);
    return { red, green, blue, alpha };
  };
  const over = (top, under) => {
    const mix = (name) => top[name] * top.alpha + under[name] * (1 - top.alpha);
    return { red: mix('red'), green: mix('green'), blue: mix('blue'), alpha: 1 };
  };
  const groundOf = (element) => {
    if (element === null) return { red: 255, green: 255, blue: 255, alpha: 1 };
    const own = parse(getComputedStyle(element).backgroundColor);
    return own.alpha === 1 ? own : over(own, groundOf(element.parentElement));
  };
  const linear = (part) => (part <= 10.31475 ? part / 3294.6 : ((part / 255 + 0.055) / 1.055) ** 2.4);
  const luminance = ({ red, green, blue }) => 0.2126 * linear(red) + 0.7152 * linear(green) + 0.0722 * linear(blue);
  const faults = [];
  for (const element of document.querySelectorAll('body *')) {
    const hasText = [...element.childNodes].some((node) => node.nodeType === 3 && node.nodeValue.trim() !== '');
    if (!hasText || !element.checkVisibility() || element.matches(':disabled')) continue;
    const style = getComputedStyle(element);
    const ground = groundOf(element);
    const [text, back] = [luminance(over(parse(style.color), ground)), luminance(ground)];
    const ratio = (Math.max(text, back) + 0.05) / (Math.min(text, back) + 0.05);
    const size = parseFloat(style.fontSize);
    const isLarge = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700);
    if (ratio < (isLarge ? 3 : 4.5))
      faults.push('contrast ' + ratio.toFixed(2) + ': ' + style.color + ' in ' + element.outerHTML.slice(0, 100));
  }
  return faults;
})()`;
