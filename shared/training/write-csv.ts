/** What a cell may hold; `undefined` and `null` are written as an empty cell. */
export type Cell = string | number | boolean | null | undefined;

/** One record of a CSV file (RFC 4180, but ended by a line feed): cells are quoted only where they have to be. */
export function csvLine(cells: readonly Cell[], delimiter = ','): string {
  let line = '';
  for (const [index, cell] of cells.entries()) {
    if (index > 0) line += delimiter;
    line += typeof cell === 'string' ? quoted(cell, delimiter) : (cell ?? '');
  }
  return `${line}\n`;
}

/** Surrounding spaces are quoted as well, since some readers trim bare cells. */
function quoted(cell: string, delimiter: string): string {
  const bare = !/["\r\n]|^\s|\s$/.test(cell) && !cell.includes(delimiter);
  return bare ? cell : `"${cell.replaceAll('"', '""')}"`;
}
