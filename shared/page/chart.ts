import type { Runtime, View } from 'vega';
import type { TopLevelSpec } from 'vega-lite';
import { escaped } from './html.ts';

/** Colours are the page's own properties, so that a chart follows the reader's light or dark setting. */
export const INK = {
  text: 'var(--text)',
  muted: 'var(--muted)',
  line: 'var(--line)',
  bar: 'var(--bar)',
  label: 'var(--label)',
  minus: 'var(--minus)',
};

const config = {
  background: 'transparent',
  font: 'system-ui, sans-serif',
  view: { stroke: null },
  axis: {
    labelColor: INK.muted,
    titleColor: INK.muted,
    titleFontWeight: 'normal' as const,
    domainColor: INK.line,
    tickColor: INK.line,
    gridColor: INK.line,
    gridOpacity: 0.6,
    labelFontSize: 11,
    titleFontSize: 11,
  },
};

/** What the values of a prepared chart are called in its specification. */
export const VALUES = 'values';

/** Draws these values. @param description what a reader who can't see the chart is told */
export type Draw = (values: readonly object[], description: string) => Promise<string>;

/**
 * Draws a chart as SVG. The library is loaded with the first one: whoever draws none does not pay for it.
 * @param description what a reader who can't see the chart is told
 */
export async function chart(spec: TopLevelSpec, description: string): Promise<string> {
  const [{ View }, runtime] = await Promise.all([import('vega'), runtimeOf(spec)]);
  return svgOf(new View(runtime, { renderer: 'none' }), description);
}

/**
 * Prepares a chart that is drawn with one set of values after another: most of a chart's time goes into its
 * preparation.
 * @param spec whose data are those named VALUES
 */
export function chartOf(spec: TopLevelSpec): Draw {
  let prepared: ReturnType<typeof runtimeOf> | undefined;
  return async (values, description) => {
    prepared ??= runtimeOf(spec);
    const [{ View }, runtime] = await Promise.all([import('vega'), prepared]);
    return svgOf(new View(runtime, { renderer: 'none' }).data(VALUES, [...values]), description);
  };
}

async function runtimeOf(spec: TopLevelSpec): Promise<Runtime> {
  const [{ parse }, { compile }] = await Promise.all([import('vega'), import('vega-lite')]);
  return parse(compile({ config, ...spec }).spec);
}

async function svgOf(view: View, description: string): Promise<string> {
  const svg = await view.toSVG();
  view.finalize();
  const name = escaped(description);
  return svg
    .replace('<svg ', () => `<svg role="img" aria-label="${name}" `)
    .replace(/(<svg [^>]*>)/, (opening) => `${opening}<title>${name}</title>`);
}
