import { parse, View } from 'vega';
import { compile, type TopLevelSpec } from 'vega-lite';
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

/**
 * Draws a chart as SVG.
 * @param description what a reader who can't see the chart is told
 */
export async function chart(spec: TopLevelSpec, description: string): Promise<string> {
  const view = new View(parse(compile({ config, ...spec }).spec), { renderer: 'none' });
  const svg = await view.toSVG();
  view.finalize();
  const name = escaped(description);
  return svg
    .replace('<svg ', `<svg role="img" aria-label="${name}" `)
    .replace(/(<svg [^>]*>)/, `$1<title>${name}</title>`);
}
