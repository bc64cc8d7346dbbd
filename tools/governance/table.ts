import { escaped } from '../../shared/page/html.ts';

/** A text, or one that is a name for machines. */
export type Cell = string | { readonly code: string };

/** A table that scrolls by itself where it is too wide. @param kindOf a row's class */
export function table(
  caption: string,
  head: readonly string[],
  rows: readonly (readonly Cell[])[],
  kindOf: (row: number) => string = () => '',
): string {
  const columns = head.map((name) => `<th scope="col">${escaped(name)}</th>`).join('');
  const body = rows.map((cells, at) => {
    const [first = '', ...rest] = cells;
    return `<tr class="${kindOf(at)}"><th scope="row">${shown(first)}</th>${rest.map((cell) => `<td>${shown(cell)}</td>`).join('')}</tr>`;
  });
  return `<div class="wide" tabindex="0"><table><caption>${escaped(caption)}</caption><thead><tr>${columns}</tr></thead><tbody>${body.join('')}</tbody></table></div>`;
}

function shown(cell: Cell): string {
  if (typeof cell === 'string') return escaped(cell);
  return cell.code === '' ? '' : `<code>${escaped(cell.code)}</code>`;
}
