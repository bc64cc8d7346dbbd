import { shownNumber } from '../page/html.ts';
import { LEAST_ROWS } from './broken.ts';
import type { ColumnDrift, DriftReport } from './report.ts';

const NAMED = 3;

/** What a report says, in a sentence or two for someone who reads no statistics. */
export function driftSummary(report: DriftReport): string {
  const { columns, rows, reference, performance = [], policy } = report;
  const drifted = columns.filter((column) => column.drifted);
  const broken = drifted.filter((column) => column.broken !== undefined && column.alarm === true);
  const decayed = performance.filter((metric) => metric.decayed).map(({ metric }) => metric);
  const against =
    reference === undefined ? 'the reference' : `the reference of ${shownNumber(reference.rows)}`;
  if (rows === 0) return `There are no rows to compare with ${against}: nothing can be said.`;
  if (drifted.length === 0 && decayed.length === 0) {
    const fewest = Math.min(rows, reference?.rows ?? rows);
    if (policy === 'tollgate' && fewest < LEAST_ROWS) {
      return `With ${shownNumber(fewest)} rows nothing can be said yet: it takes ${LEAST_ROWS}.`;
    }
    return `Nothing has changed that matters: the ${shownNumber(rows)} rows look like ${against}.`;
  }
  const rest = drifted.filter((column) => !broken.includes(column));
  return [
    broken.length === 0 ? '' : failed(broken),
    rest.length === 0 ? '' : changed(rest, columns),
    decayed.length === 0 ? '' : `The model performs worse than it should: ${listed(decayed)}.`,
    consequence(report),
  ]
    .filter((sentence) => sentence !== '')
    .join(' ');
}

function failed(broken: readonly ColumnDrift[]): string {
  return `${named(broken)} ${broken.length === 1 ? 'carries' : 'carry'} nothing any more: what delivers it is likely broken.`;
}

function changed(drifted: readonly ColumnDrift[], columns: readonly ColumnDrift[]): string {
  const tested = columns.filter(({ untested }) => untested === undefined).length;
  const have = drifted.length === 1 ? 'has' : 'have';
  return `${shownNumber(drifted.length)} of ${shownNumber(tested)} columns ${have} changed: ${named(drifted)}.`;
}

function consequence({ drifted, alarm, model }: DriftReport): string {
  if (!drifted) return 'That is too little to say so of the whole.';
  // Nobody watches two files.
  if (model === '') return '';
  return alarm
    ? 'This is an alarm: the model may decide differently from how it was tested, and should be looked at.'
    : 'It is a notice: there will be an alarm if the next window shows the same.';
}

/** The first columns by rank. */
function named(columns: readonly ColumnDrift[]): string {
  const names = columns.slice(0, NAMED).map(({ column }) => column);
  const more = columns.length - names.length;
  return listed(more === 0 ? names : [...names, `${shownNumber(more)} more`]);
}

function listed(names: readonly string[]): string {
  return names.length < 2 ? names.join('') : `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`;
}
