import { escaped, shownNumber, shownShare, shownTime } from '../page/html.ts';
import { style } from '../page/style.ts';
import type { ColumnDistribution } from './distribution.ts';
import { barsOf, distributionChart, trendChart } from './report-charts.ts';
import type { ColumnDrift, DriftReport } from './report.ts';
import { reportStyle } from './report-style.ts';
import { driftSummary } from './summary.ts';
import { isPValue, type TrendPoint, timesThreshold, TREND_WINDOWS, trendOf } from './trend.ts';

/** Beyond that, how many times the threshold a score is says nothing more. */
const MOST_TIMES = 100;

/** What a drift score is, for people. */
const METHODS: Readonly<Record<string, string>> = {
  ks: 'Kolmogorov–Smirnov statistic',
  ksPValue: 'Kolmogorov–Smirnov p-value',
  psi: 'population stability index',
  jensenShannon: 'Jensen–Shannon distance',
  wassersteinNormed: 'Wasserstein distance in deviations',
  chiSquarePValue: 'chi-square p-value',
  totalVariation: 'share of rows that moved',
  rateRatio: 'change of the share, times',
  ratePValue: 'p-value of the share',
  missingRatio: 'change of missing values, times',
  outOfRangeRatio: 'change of values out of range, times',
  unseenShare: 'share of new categories',
};

export interface ReportPageParts {
  readonly report: DriftReport;
  /** Of the columns that are to be drawn; a column without one has its figures only. */
  readonly distributions: readonly DrawnColumn[];
  /** Reports of the windows before, in any order. */
  readonly earlier: readonly DriftReport[];
}

/** An input and the feature that is made of it may have one name: the role tells them apart where it is given. */
export type DrawnColumn = ColumnDistribution & { readonly role?: ColumnDrift['role'] };

/**
 * The report for people: one HTML file that needs nothing beside itself and runs nothing. Names and values out of the
 * data are text in it and never markup.
 */
export async function reportPage({ report, distributions, earlier }: ReportPageParts): Promise<string> {
  const trend = trendOf([...earlier.filter(({ id }) => id !== report.id), report]);
  const title = titleOf(report);
  const cards: string[] = [];
  for (const column of report.columns) {
    const drawn = distributions.find(
      (one) => one.column === column.column && (one.role === undefined || one.role === column.role),
    );
    // In sequence: each chart is computed on this thread anyway
    cards.push(await card(column, drawn));
  }
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${escaped(title)}</title>
<style>${style}${reportStyle}</style>
</head>
<body>
<header><h1>${escaped(title)}</h1><p>${escaped(subtitleOf(report))}</p></header>
<main>
<section class="verdict ${verdictOf(report).name}" aria-labelledby="verdict"><h2 id="verdict">${verdictOf(report).text}</h2><p>${escaped(report.summary ?? driftSummary(report))}</p></section>
${facts(report)}
${performanceSection(report)}
<section aria-labelledby="columns"><h2 id="columns">Columns</h2><p class="note">In the order in which they matter. A score beyond its threshold is drift; of a p-value, one below it.</p>${overview(report)}</section>
${report.model === '' ? '' : await trendSection(trend)}
<section aria-labelledby="distributions"><h2 id="distributions">Then and now</h2><p class="key"><span class="then"></span>Broad: the reference. <span class="now"></span>Line or narrow bar: the current window. Shares of the rows that have a value.</p><div class="cards">${cards.join('')}</div></section>
</main>
</body>
</html>
`;
}

function titleOf({ model, version, reference, current }: DriftReport): string {
  if (model !== '') return `Drift of ${model}, version ${version}`;
  return `${current?.description ?? 'current'} beside ${reference?.description ?? 'reference'}`;
}

function subtitleOf({ window, model }: DriftReport): string {
  const [from, to] = [shownTime(Date.parse(window.from)), shownTime(Date.parse(window.to))];
  return model === '' ? `Compared ${to}` : `From ${from} to ${to}`;
}

function verdictOf({ alarm, drifted }: DriftReport): { name: string; text: string } {
  if (alarm) return { name: 'alarm', text: 'Alarm' };
  return drifted ? { name: 'drifted', text: 'Something has changed' } : { name: 'calm', text: 'No drift' };
}

function facts({ rows, reference, current, policy, columns }: DriftReport): string {
  const tested = columns.filter(({ untested }) => untested === undefined).length;
  const all: [string, string][] = [
    ['Rows now', shownNumber(rows)],
    ...(current === undefined ? [] : ([['from', current.description]] satisfies [string, string][])),
    ...(reference === undefined
      ? []
      : ([
          ['Rows of the reference', shownNumber(reference.rows)],
          ['from', reference.description],
        ] satisfies [string, string][])),
    ['Drifted columns', `${columns.filter(({ drifted }) => drifted).length} of ${tested} tested`],
    ['Policy', policy],
  ];
  const items = all.map(([name, value]) => `<div><dt>${escaped(name)}</dt><dd>${escaped(value)}</dd></div>`);
  return `<dl class="facts">${items.join('')}</dl>`;
}

function performanceSection({ performance }: DriftReport): string {
  if (performance === undefined || performance.length === 0) return '';
  const rows = performance.map(({ metric, reference, current, limit, decayed }) =>
    row(
      metric,
      [shown(reference), shown(current), shown(limit), decayed ? 'below its limit' : 'fine'],
      decayed,
    ),
  );
  const head = ['Metric', 'When tested', 'Now', 'Limit', 'Verdict'];
  return `<section aria-labelledby="performance"><h2 id="performance">Performance on labels</h2>${table('Performance of the model', head, rows)}</section>`;
}

function overview({ columns }: DriftReport): string {
  const rows = columns.map((column) => {
    const { rank, role, method, driftScore, threshold, drifted, untested, missing, reasons } = column;
    const name = `<a href="#column-${rank}">${escaped(column.column)}</a>`;
    return row(
      '',
      [
        role,
        METHODS[method ?? ''] ?? method ?? '',
        shown(driftScore),
        untested === undefined ? `${isPValue(method) ? 'under' : 'from'} ${shown(threshold)}` : 'none',
        untested === undefined ? (drifted ? 'drifted' : 'unchanged') : 'not tested',
        missing === undefined ? '' : change(missing),
        (reasons ?? []).join(' '),
      ],
      drifted,
      `${rank}. ${name}`,
    );
  });
  const head = ['Column', 'Role', 'Measured by', 'Score', 'Threshold', 'Verdict', 'Missing', 'Why'];
  return table('Every column and its verdict', head, rows);
}

async function trendSection(points: readonly TrendPoint[]): Promise<string> {
  const svg = await trendChart(points);
  const windows = new Set(points.map(({ at }) => at)).size;
  const body =
    svg === undefined
      ? '<p>This is the first window: there is no trend yet.</p>'
      : `<figure tabindex="0">${svg}</figure>${trendTable(points)}`;
  const note =
    svg === undefined
      ? ''
      : `<p class="note">How far columns were from their thresholds in the last ${windows} windows (at most ${TREND_WINDOWS}); drift begins at the dashed line.</p>`;
  return `<section aria-labelledby="trend"><h2 id="trend">Trend</h2>${note}${body}</section>`;
}

function trendTable(points: readonly TrendPoint[]): string {
  const byWindow = Map.groupBy(points, ({ at }) => at);
  const rows = [...byWindow].toReversed().map(([at, columns]) => {
    const drifted = columns.filter((point) => point.drifted).map(({ column }) => column);
    const furthest = columns.toSorted((a, b) => b.times - a.times)[0];
    const said = furthest === undefined ? '' : `${furthest.column}: ${shownTimes(furthest.times)}`;
    return row(shownTime(at), [String(drifted.length), drifted.join(', '), said], drifted.length > 0);
  });
  const head = ['Window until', 'Drifted', 'Which', 'Furthest from its threshold'];
  return `<details><summary>The same as a table</summary>${table('Drift of the last windows', head, rows)}</details>`;
}

async function card(column: ColumnDrift, distribution: DrawnColumn | undefined): Promise<string> {
  const { rank, role, kind, drifted, untested, importance, unseen, outOfRange } = column;
  const svg = distribution === undefined ? undefined : await distributionChart(distribution);
  const tags = [
    role,
    kind,
    untested !== undefined ? 'not tested' : drifted ? 'drifted' : 'unchanged',
    ...(untested === undefined ? [`${shownTimes(timesThreshold(column))} its threshold`] : []),
    ...(importance === undefined || importance === 0 ? [] : [`importance ${shown(importance)}`]),
    ...(outOfRange === undefined || outOfRange.current === 0
      ? []
      : [`${shownShare(outOfRange.current)} beyond the known range`]),
    ...(unseen === undefined || unseen.share === 0 ? [] : [`${shownShare(unseen.share)} in new categories`]),
  ];
  const reasons = (column.reasons ?? []).map((reason) => `<li>${escaped(reason)}</li>`);
  const beyond = distribution?.kind === 'numeric' ? distribution.beyond : undefined;
  const notDrawn = (beyond?.reference ?? 0) + (beyond?.current ?? 0) > 0;
  return `<article id="column-${rank}" class="${drifted ? 'drifted' : ''}"><h3>${escaped(column.column)}</h3><p class="tags">${tags.map(escaped).join(' · ')}</p>${reasons.length === 0 ? '' : `<ul>${reasons.join('')}</ul>`}${svg === undefined ? '<p class="examples">Nothing to draw.</p>' : `<figure tabindex="0">${svg}</figure>`}${notDrawn ? '<p class="note">The outermost values are counted and not drawn.</p>' : ''}${figures(column, distribution)}</article>`;
}

function figures({ statistics, column }: ColumnDrift, distribution: DrawnColumn | undefined): string {
  const values = Object.entries(statistics).flatMap(([name, value]) =>
    value === undefined ? [] : [row(name, [shown(value)], false)],
  );
  const bars = distribution === undefined ? [] : barsOf(distribution);
  const shares = bars.map((bar) =>
    row(bar.name, [shownShare(bar.reference), shownShare(bar.current)], false),
  );
  if (values.length + shares.length === 0) return '';
  return `<details><summary>The figures</summary>${values.length === 0 ? '' : table(`Statistics of ${column}`, ['Statistic', 'Value'], values)}${shares.length === 0 ? '' : table(`Distribution of ${column}`, ['Values', 'Reference', 'Current'], shares)}</details>`;
}

function table(caption: string, head: readonly string[], rows: readonly string[]): string {
  const cells = head.map((name) => `<th scope="col">${escaped(name)}</th>`);
  return `<div class="wide" tabindex="0"><table><caption>${escaped(caption)}</caption><thead><tr>${cells.join('')}</tr></thead><tbody>${rows.join('')}</tbody></table></div>`;
}

/** @param markup of the first cell, already escaped, in place of `name` */
function row(name: string, cells: readonly string[], marked: boolean, markup = escaped(name)): string {
  const rest = cells.map((cell) => `<td>${escaped(cell)}</td>`);
  return `<tr${marked ? ' class="drifted"' : ''}><th scope="row">${markup}</th>${rest.join('')}</tr>`;
}

function change({ reference, current }: { readonly reference: number; readonly current: number }): string {
  if (reference === 0 && current === 0) return 'none';
  return `${shownShare(reference)} → ${shownShare(current)}`;
}

function shownTimes(times: number): string {
  return times > MOST_TIMES ? `over ${MOST_TIMES} times` : `${shown(times)} times`;
}

/** A statistic: p-values may be far smaller than what other numbers are shown with. */
function shown(value: number): string {
  return value !== 0 && Math.abs(value) < 0.001 ? value.toExponential(1) : shownNumber(value);
}
