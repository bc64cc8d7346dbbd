import { escaped, shownNumber, shownShare, shownTime } from '../../shared/page/html.ts';
import type { VersionAccount } from './report.ts';
import { type Cell, table } from './table.ts';

/** A version: how it was made, from what, and what was measured of it. */
export function versionArticle(account: VersionAccount): string {
  const { version, state, title, reason } = account;
  const about = reason === undefined ? state : `${state}: ${reason}`;
  return `<article id="version-${escaped(version)}"><h3>Version ${escaped(version)}: ${escaped(title)}</h3><p class="tags">${escaped(about)}</p>${madeTable(account)}${metricTable(account)}${gateTable(account)}${segmentTable(account)}${fileTable(account)}</article>`;
}

function madeTable(account: VersionAccount): string {
  const { createdAt, createdBy, run, learner, params, seed, data, lineage } = account;
  const inputs = lineage.nodes.flatMap((node): Cell[][] => {
    if (node.type === 'dataset')
      return [
        [`Data set version ${node.version}`, { code: node.sha256 }],
        ['from', `${node.source}, ${shownNumber(node.rows)} rows`],
      ];
    if (node.type === 'predictions')
      return [
        [
          'Logged predictions',
          `${node.from} to ${node.to}: ${shownNumber(node.used)} used, ${shownNumber(node.positives)} positive`,
        ],
      ];
    if (node.type === 'labels')
      return [
        [
          'Their labels',
          `known by ${node.asOf}; matured after ${node.maturity}; without one: ${node.unlabelled}`,
        ],
      ];
    return [];
  });
  const rows: Cell[][] = [
    ['Made', `${shownTime(Date.parse(createdAt))} by run ${createdBy.run}`],
    ...(run === undefined ? [] : [['Because', `${run.trigger}: ${run.reason}`]]),
    ['Learner', `${learner}, seed ${seed}`],
    ['Parameters', { code: JSON.stringify(params) }],
    ...(data === undefined
      ? []
      : [
          [
            'Rows',
            `${shownNumber(data.rows.training)} fitted, ${shownNumber(data.rows.heldOut)} held out (${data.split})`,
          ],
          ['Their SHA-256', { code: data.sha256 }],
        ]),
    ...inputs,
  ];
  return table('How it was made', ['What', 'On record'], rows);
}

function metricTable({ metrics, intervals = {} }: VersionAccount): string {
  const bounds = new Map(Object.entries(intervals));
  const rows = Object.entries(metrics).map(([name, value]): Cell[] => {
    const { lower, upper } = bounds.get(name) ?? {};
    const known = lower !== undefined && upper !== undefined;
    return [name, shownNumber(value), known ? `${shownNumber(lower)} to ${shownNumber(upper)}` : ''];
  });
  if (rows.length === 0) return '';
  return details('Metrics', table('On held-out rows', ['Metric', 'Value', '95 %'], rows));
}

function gateTable({ gates }: VersionAccount): string {
  if (gates.length === 0) return '<p class="note">No training gates are on record.</p>';
  const rows = gates.map(({ gate, verdict, reason, numbers }): Cell[] => [
    gate,
    verdict,
    reason,
    Object.entries(numbers)
      .map(([name, value]) => `${name} ${shownNumber(value)}`)
      .join(', '),
  ]);
  return table('Training gates', ['Gate', 'Verdict', 'Why', 'Numbers'], rows, (at) =>
    gates[at]?.verdict === 'fail' ? 'fail' : '',
  );
}

function segmentTable({ segmentGaps }: VersionAccount): string {
  if (segmentGaps.length === 0) return '<p class="note">No segments are on record.</p>';
  const rows = segmentGaps.map(({ column, value, lower, upper, highest, lowest }): Cell[] => [
    column,
    shownShare(value),
    `${shownShare(lower)} to ${shownShare(upper)}`,
    highest,
    lowest,
  ]);
  const head = ['Column', 'Gap', '95 %, all pairs', 'Most often at', 'Least often at'];
  return table('Gaps of false positive rates between segments', head, rows, (at) =>
    (segmentGaps[at]?.lower ?? 0) > 0 ? 'fail' : '',
  );
}

function fileTable({ files }: VersionAccount): string {
  const rows = files.map(({ name, bytes, sha256 }): Cell[] => [name, shownNumber(bytes), { code: sha256 }]);
  return details('Files', table('Files', ['Name', 'Bytes', 'SHA-256'], rows));
}

function details(summary: string, body: string): string {
  return `<details><summary>${summary}</summary>${body}</details>`;
}
