import { chart, INK } from '../../shared/page/chart.ts';
import { escaped, shownNumber, shownShare, shownTime } from '../../shared/page/html.ts';
import { style } from '../../shared/page/style.ts';
import { promotionArticle } from './promotion-article.ts';
import type { GovernanceReport } from './report.ts';
import { type Cell, table } from './table.ts';
import { versionArticle } from './version-article.ts';

/** What the page has beside the pages' common style. */
const ownStyle = `
.facts dd{overflow-wrap:anywhere}
caption{text-align:left;color:var(--muted);padding-bottom:4px}
tbody th{font-weight:500;overflow-wrap:anywhere}
td,th{overflow-wrap:anywhere}
code{font-size:12px;overflow-wrap:anywhere}
article{margin:0 0 14px}
article h4{font-size:14px;margin:14px 0 0}
.gaps{border-left:6px solid var(--minus)}
.gaps.none{border-left-color:var(--bar)}
tr.fail th,tr.fail td:first-of-type{font-weight:700}
a{color:inherit;text-underline-offset:2px}
details{margin-top:8px;font-size:13px}
`;

/**
 * The report for people: one HTML file that needs nothing beside itself and runs nothing. Names and reasons that people
 * gave are text in it and never markup.
 */
export async function governancePage(report: GovernanceReport): Promise<string> {
  const { model, from, to, generatedAt, versions, promotions } = report;
  const title = `Governance of ${model}`;
  const section = (id: string, heading: string, body: string, note = '', kind = '') =>
    `<section class="${kind}" aria-labelledby="${id}"><h2 id="${id}">${heading}</h2>${note === '' ? '' : `<p class="note">${note}</p>`}${body}</section>`;
  const none = (what: string) => `<p>${what}</p>`;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${escaped(title)}</title>
<style>${style}${ownStyle}</style>
</head>
<body>
<header><h1>${escaped(title)}</h1><p>From ${time(from)} to ${time(to)}. Made ${time(generatedAt)} from what is on record.</p></header>
<main>
${facts(report)}
${section('gaps', 'Open gaps', gapTable(report), 'Where a person’s word, a number or a check is not on record, or a gate had not passed. Each is a question, not a verdict.', report.gaps.length === 0 ? 'gaps none' : 'gaps')}
${section('served', 'Which version served when', await servedSection(report), 'Without requests that pin a version.')}
${section('promotions', 'Promotions', promotions.length === 0 ? none('None in this time.') : promotions.map(promotionArticle).join(''), 'Names are those on record: verified ones where callers sign in by token, and otherwise what the caller said.')}
${section('changes', 'Traffic and decisions', changeTable(report), 'Every change of the traffic, and who or what made it; rollbacks with their reasons.')}
${section('versions', 'Versions', versions.length === 0 ? none('None in this time.') : versions.map(versionArticle).join(''))}
${section('drift', 'Drift', driftTable(report))}
${section('runs', 'Retrain runs', runTable(report))}
${section('data', 'Data set versions', datasetTable(report), 'With the SHA-256 of their rows, and of the file that they were made from.')}
</main>
</body>
</html>
`;
}

function facts({ traffic, versions, promotions, changes, drift, gaps }: GovernanceReport): string {
  const all: [string, string][] = [
    ['Champion', `version ${traffic.champion.version}`],
    ...(traffic.canary === null
      ? []
      : ([['Canary', `version ${traffic.canary.version}, ${traffic.canary.percent} %`]] satisfies [
          string,
          string,
        ][])),
    ['Versions', String(versions.length)],
    [
      'Promotions',
      `${promotions.filter(({ phase }) => phase === 'promoted').length} of ${promotions.length}`,
    ],
    ['Rollbacks', String(changes.filter(({ isRollback }) => isRollback).length)],
    ['Drift alarms', `${drift.filter(({ alarm }) => alarm).length} of ${drift.length} checks`],
    ['Open gaps', String(gaps.length)],
  ];
  const items = all.map(([name, value]) => `<div><dt>${escaped(name)}</dt><dd>${escaped(value)}</dd></div>`);
  return `<dl class="facts">${items.join('')}</dl>`;
}

function gapTable({ gaps }: GovernanceReport): string {
  if (gaps.length === 0) return '<p>None was found.</p>';
  return table(
    'Open gaps',
    ['About', 'Kind', 'What'],
    gaps.map(({ about, kind, text }) => [about, kind, text]),
  );
}

async function servedSection({ versions, to }: GovernanceReport): Promise<string> {
  const windows = versions
    .flatMap(({ version, served }) => served.map((window) => ({ version, ...window })))
    .toSorted((one, other) => Date.parse(one.from) - Date.parse(other.from));
  if (windows.length === 0) return '<p>None in this time.</p>';
  const values = windows.map(({ version, from, to: end, variant, percent }) => ({
    version: `version ${version}`,
    from: Date.parse(from),
    to: Date.parse(end ?? to),
    variant,
    percent,
  }));
  const svg = await chart(
    {
      width: 860,
      height: { step: 26 },
      data: { values },
      mark: { type: 'bar', cornerRadius: 2, height: { band: 0.7 } },
      encoding: {
        x: {
          field: 'from',
          type: 'temporal',
          title: null,
          scale: { type: 'utc' },
          axis: { grid: true, tickCount: 8 },
        },
        x2: { field: 'to' },
        y: { field: 'version', type: 'nominal', title: null, axis: { labelColor: INK.text } },
        opacity: {
          field: 'percent',
          type: 'quantitative',
          scale: { domain: [0, 100], range: [0.35, 1] },
          legend: null,
        },
        color: {
          field: 'variant',
          type: 'nominal',
          title: null,
          scale: { domain: ['champion', 'canary'], range: [INK.bar, INK.label] },
          legend: { orient: 'bottom', labelColor: INK.text },
        },
      },
    },
    'Which version served when, as champion and as canary',
  );
  const rows = windows.map(({ version, from, to: end, variant, percent, promotionId }): Cell[] => [
    version,
    time(from),
    end === undefined ? 'goes on' : time(end),
    variant,
    `${percent} %`,
    { code: promotionId ?? '' },
  ]);
  const head = ['Version', 'From', 'To', 'As', 'Of the accounts', 'By promotion'];
  return `<figure tabindex="0">${svg}</figure>${table('Which version served when', head, rows)}`;
}

function changeTable({ changes }: GovernanceReport): string {
  if (changes.length === 0) return '<p>None in this time.</p>';
  const rows = changes.map(({ at, by, what, version, promotionId }): Cell[] => [
    time(at),
    by,
    what,
    version,
    { code: promotionId },
  ]);
  return table('Changes of the traffic', ['When', 'By', 'What', 'Candidate', 'Promotion'], rows, (at) =>
    changes[at]?.isRollback === true ? 'fail' : '',
  );
}

function driftTable({ drift }: GovernanceReport): string {
  if (drift.length === 0) return '<p>No check in this time.</p>';
  const rows = drift.map(
    ({ window, version, rows: seen, policy, alarm, drifted, columns, decayed, summary }): Cell[] => [
      `${time(window.from)} to ${time(window.to)}`,
      version,
      shownNumber(seen),
      policy,
      alarm ? 'alarm' : drifted ? 'drifted' : 'no drift',
      [...columns, ...decayed].join(', '),
      summary ?? '',
    ],
  );
  const head = ['Window', 'Version', 'Rows', 'Policy', 'Verdict', 'What', 'In words'];
  return table('Drift reports', head, rows, (at) => (drift[at]?.alarm === true ? 'fail' : ''));
}

function runTable({ runs }: GovernanceReport): string {
  if (runs.length === 0) return '<p>None in this time.</p>';
  const rows = runs.map(({ startedAt, trigger, reason, status, version, trials, error, runId }): Cell[] => [
    time(startedAt),
    trigger,
    reason,
    status,
    version ?? '',
    String(trials),
    error ?? '',
    { code: runId },
  ]);
  const head = ['Started', 'By', 'Why', 'Came to', 'Version', 'Trials', 'Error', 'Run'];
  return table('Retrain runs', head, rows);
}

function datasetTable({ datasets }: GovernanceReport): string {
  if (datasets.length === 0) return '<p>None is on record.</p>';
  const rows = datasets.map(
    ({ version, createdAt, source, rows: count, labelRate, file, origin, expectations }): Cell[] => [
      version,
      time(createdAt),
      source,
      shownNumber(count),
      labelRate === undefined ? '' : shownShare(labelRate),
      expectations === undefined ? 'none' : expectations.success ? 'met' : expectations.failed.join('; '),
      { code: file.sha256 },
      { code: origin?.sha256 ?? '' },
    ],
  );
  const head = ['Version', 'Added', 'Source', 'Rows', 'Positive', 'Expectations', 'SHA-256', 'Of the file'];
  return table('Data set versions', head, rows);
}

function time(at: string): string {
  return shownTime(Date.parse(at));
}
