/** A text inside HTML, also inside an attribute. */
export function escaped(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}

/** A number for people: at most four digits that say something, thousands apart. */
export function shownNumber(value: number): string {
  return value.toLocaleString('en-GB', {
    maximumSignificantDigits: Math.abs(value) >= 1000 ? 15 : 4,
    maximumFractionDigits: 0,
    roundingPriority: Math.abs(value) >= 1000 ? 'lessPrecision' : 'auto',
  });
}

/** A share for people, in per cent. */
export function shownShare(share: number): string {
  const percent = 100 * share;
  if (percent > 0 && percent < 0.01) return '< 0.01 %';
  return `${percent.toLocaleString('en-GB', { maximumFractionDigits: percent < 1 ? 2 : 1 })} %`;
}

/** A time for people, to the minute. */
export function shownTime(epochMs: number): string {
  return `${new Date(epochMs).toISOString().slice(0, 16).replace('T', ' ')} UTC`;
}
