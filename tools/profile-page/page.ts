import type { Suite } from '../../shared/training/expectations/suite.ts';
import type { ColumnProfile, Profile } from '../../shared/training/profile.ts';
import { UNLABELLED } from '../../shared/training/profile.ts';
import {
  correlationSquares,
  labelOverTime,
  missingValues,
  numberDistribution,
  valueCounts,
} from './charts.ts';
import { correlationsOf } from './correlations.ts';
import { findingsOf } from './findings.ts';
import { escaped, shownNumber, shownShare, shownTime } from '../../shared/page/html.ts';
import { style } from '../../shared/page/style.ts';

/** More distinct values than that are an identifier's, and no chart. */
const MAX_CHART_VALUES = 1_000;

/** The exploratory page: one HTML file that needs nothing beside itself. */
export async function profilePage(
  profile: Profile,
  suite: Suite,
  about: { readonly title: string; readonly source: string },
): Promise<string> {
  const correlations = correlationsOf(profile);
  const findings = findingsOf(profile, correlations);
  const [overTime, missing, squares] = await Promise.all([
    labelOverTime(profile),
    missingValues(profile),
    correlationSquares(correlations),
  ]);
  const cards: string[] = [];
  // In sequence: each chart is computed on this thread anyway
  for (const column of profile.columns) cards.push(await card(column, profile));
  const section = (id: string, title: string, body: string | undefined, note = '') =>
    body === undefined
      ? ''
      : `<section aria-labelledby="${id}"><h2 id="${id}">${title}</h2>${note === '' ? '' : `<p class="note">${note}</p>`}${body}</section>`;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${escaped(about.title)}: ${escaped(about.source)}</title>
<style>${style}</style>
</head>
<body>
<header><h1>${escaped(about.title)}</h1><p>${escaped(about.source)}</p></header>
<main>
${facts(profile)}
${section('findings', 'Look at this first', findings.length === 0 ? '<p>Nothing stands out.</p>' : `<ul>${findings.map((one) => `<li>${escaped(one)}</li>`).join('')}</ul>`)}
${section('time', profile.times === undefined ? 'Label rate along the file' : 'Label rate over time', figure(overTime), 'The band is the 95 % interval of each period.')}
${section('missing', 'Missing values', figure(missing) ?? '<p>No value is missing.</p>')}
${section('columns', 'Columns', `<div class="cards">${cards.join('')}</div>`, 'Blue: how many rows. Orange: the share of positive labels among them, with its 95 % interval.')}
${section('correlations', 'Correlations', figure(squares), 'Spearman’s rank correlation; the colour says the sign, its strength the size.')}
${section('suite', 'Proposed expectations', proposal(suite), 'A starting point: read it, loosen or tighten it, and keep it as expectations.json in the model’s folder.')}
</main>
</body>
</html>
`;
}

function facts({ rows, columns, labels, label, times }: Profile): string {
  const labelled = labels.filter((value) => value !== UNLABELLED);
  const positives = labelled.reduce((sum, value) => sum + value, 0);
  const cells = columns.reduce((sum, column) => sum + column.missing, 0);
  const known = times?.filter((time) => !Number.isNaN(time)).sort();
  const [first, last] = [known?.[0], known?.at(-1)];
  const all: [string, string][] = [
    ['Rows', shownNumber(rows)],
    ['Columns', String(columns.length)],
    ...(label === undefined || labelled.length === 0
      ? []
      : ([[`Label rate (${label})`, shownShare(positives / labelled.length)]] satisfies [string, string][])),
    ['Missing values', rows === 0 ? '0' : shownShare(cells / (rows * columns.length))],
    ...(first === undefined || last === undefined
      ? []
      : ([
          ['From', shownTime(first)],
          ['To', shownTime(last)],
        ] satisfies [string, string][])),
  ];
  const items = all.map(([name, value]) => `<div><dt>${escaped(name)}</dt><dd>${escaped(value)}</dd></div>`);
  return `<dl class="facts">${items.join('')}</dl>`;
}

async function card(column: ColumnProfile, { labels, label }: Profile): Promise<string> {
  const { name, column: declared, rows, missing, distinct, distinctIsLeast, numbers } = column;
  const isNumber = numbers !== undefined && name !== label;
  const hasChart = isNumber || (distinct <= MAX_CHART_VALUES && !distinctIsLeast);
  const drawn = isNumber ? await numberDistribution(column, labels) : undefined;
  const svg = isNumber ? drawn?.svg : hasChart ? await valueCounts(column) : undefined;
  const notes = [
    declared?.role ?? declared?.type ?? 'not known to the model',
    `${distinctIsLeast ? 'more than ' : ''}${shownNumber(distinct)} distinct`,
    missing === 0 ? 'none missing' : `${shownShare(missing / rows)} missing`,
    ...((drawn?.beyond ?? 0) > 0
      ? [`${shownNumber(drawn?.beyond ?? 0)} values beyond the bars are in the outermost ones`]
      : []),
    ...(declared?.ignored === undefined ? [] : [`not a feature: ${declared.ignored}`]),
  ];
  const examples = column.values.slice(0, 3).map(({ value }) => value);
  const body =
    figure(svg) ??
    `<p class="examples">${examples.length === 0 ? 'no values' : `for example ${escaped(examples.join(', '))}`}</p>`;
  const described =
    declared?.description === undefined ? '' : `<p class="note">${escaped(declared.description)}</p>`;
  return `<article><h3>${escaped(name)}</h3>${described}<p class="tags">${notes.map(escaped).join(' · ')}</p>${body}</article>`;
}

function figure(svg: string | undefined): string | undefined {
  return svg === undefined ? undefined : `<figure tabindex="0">${svg}</figure>`;
}

function proposal({ expectations }: Suite): string {
  const rows = expectations.map(({ type, kwargs }) => {
    const { column, ...rest } = { column: 'the table', ...kwargs };
    return `<tr><th scope="row">${escaped(column)}</th><td><code>${escaped(type)}</code></td><td><code>${escaped(JSON.stringify(rest))}</code></td></tr>`;
  });
  return `<details><summary>${expectations.length} expectations</summary><div class="wide" tabindex="0"><table><thead><tr><th scope="col">Column</th><th scope="col">Expectation</th><th scope="col">With</th></tr></thead><tbody>${rows.join('')}</tbody></table></div></details>`;
}
