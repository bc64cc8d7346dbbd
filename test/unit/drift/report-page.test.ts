import { beforeAll, describe, expect, test } from 'vitest';
import type { ColumnDistribution } from '../../../shared/drift/distribution.ts';
import { barsOf, distributionChart, trendColumns } from '../../../shared/drift/report-charts.ts';
import { reportPage } from '../../../shared/drift/report-page.ts';
import { type ColumnDrift, type DriftReport, driftReportSchema } from '../../../shared/drift/report.ts';
import { driftSummary } from '../../../shared/drift/summary.ts';
import { trendOf } from '../../../shared/drift/trend.ts';

// Also what String.replace would take for a pattern.
const EVIL = '<script>alert("$&$1")</script>';

function column(parts: Partial<ColumnDrift> = {}): ColumnDrift {
  return {
    column: 'amount',
    role: 'input',
    kind: 'numeric',
    rank: 1,
    statistics: { ks: 0.12, ksPValue: 1e-30, psi: 0.2 },
    driftScore: 0.12,
    threshold: 0.02,
    drifted: true,
    method: 'ks',
    missing: { reference: 0, current: 0.25 },
    reasons: ['12 % of the rows have moved to lower or higher values.'],
    ...parts,
  };
}

function reportFrom(parts: Partial<DriftReport> = {}): DriftReport {
  return driftReportSchema.parse({
    id: '7',
    model: 'm',
    version: '3',
    window: { from: '2026-01-02T00:00:00.000Z', to: '2026-01-03T00:00:00.000Z' },
    rows: 12_000,
    policy: 'tollgate',
    drifted: true,
    alarm: false,
    reference: { rows: 20_000, description: 'the baseline' },
    columns: [
      column(),
      column({ column: EVIL, kind: 'categorical', rank: 2, method: 'totalVariation', reasons: [EVIL] }),
      column({ column: 'id', rank: 3, drifted: false, untested: 'identifier', statistics: {} }),
    ],
    ...parts,
  });
}

const numeric: ColumnDistribution = {
  kind: 'numeric',
  column: 'amount',
  edges: [0, 10, 20, 40],
  reference: [20, 60, 20],
  current: [0, 50, 50],
  beyond: { reference: 0, current: 100 },
};
const categorical: ColumnDistribution = {
  kind: 'categorical',
  column: EVIL,
  categories: ['US', EVIL],
  reference: [30, 10],
  current: [10, 30],
};

/** The document without its style, and its elements by name: every tag that is opened is closed. */
function elementsOf(html: string): Map<string, number> {
  const found = new Map<string, number>();
  const open: string[] = [];
  const body = html.replace(/<style>.*?<\/style>/s, '').replace(/^<!doctype html>/, '');
  for (const [, closing, name = '', rest = ''] of body.matchAll(/<(\/?)([a-zA-Z][\w-]*)([^>]*)>/g)) {
    if (closing === '/') expect(open.pop()).toBe(name);
    else {
      found.set(name, (found.get(name) ?? 0) + 1);
      if (!rest.endsWith('/') && name !== 'meta') open.push(name);
    }
  }
  expect(open).toEqual([]);
  return found;
}

describe('the report page', () => {
  let html: string;
  const earlier = [1, 2, 3].map((day) =>
    reportFrom({
      id: `earlier-${day}`,
      drifted: day === 3,
      window: { from: `2025-12-2${day}T00:00:00.000Z`, to: `2025-12-2${day + 1}T00:00:00.000Z` },
      columns: [column({ drifted: day === 3, driftScore: day * 0.01 })],
    }),
  );
  beforeAll(async () => {
    html = await reportPage({ report: reportFrom(), distributions: [numeric, categorical], earlier });
  });

  test('needs nothing beside itself, and runs nothing', () => {
    const names = html.replaceAll(/xmlns(:xlink)?="[^"]*"/g, '');
    expect(names).not.toMatch(/https?:|<script|<link|<img|<iframe|@import|url\(|\son\w+=/);
  });

  test('is whole: each element is closed, headings and tables are there', () => {
    const elements = elementsOf(html);
    expect(elements.get('h1')).toBe(1);
    expect(elements.get('h2')).toBe(4);
    expect(elements.get('h3')).toBe(3);
    expect(elements.get('caption')).toBe(elements.get('table'));
    expect(html.match(/<th scope="(row|col)"/g)?.length).toBe(elements.get('th'));
    expect(elements.has('script')).toBe(false);
  });

  test('shows names and values of the data as text only', () => {
    expect(html).not.toContain('<script');
    // Column list, card, reasons in both, picture and its description, figures of name and category
    expect(html.match(/&lt;script&gt;alert\(/g)?.length).toBeGreaterThanOrEqual(8);
  });

  test('draws one distribution over the other, and says in words what each picture shows', () => {
    const pictures = html.match(/<svg [^>]*>/g) ?? [];
    expect(pictures).toHaveLength(3);
    for (const picture of pictures) expect(picture).toMatch(/role="img" aria-label="[^"]{20,}"/);
    expect(html).toContain(
      "Distribution of amount: half of the reference's rows lie between 10.83 and 19.17",
    );
    expect(html).toContain('US 75 %, now 25 %');
    expect(html).toContain('Drift over the last 4 windows in multiples of the threshold; now: amount 6');
  });

  test('has every figure of the pictures in a table, shares being of all rows with a value', () => {
    expect(html).toContain('<th scope="row">10 to 20</th><td>60 %</td><td>25 %</td>');
    expect(html).toContain('<th scope="row">US</th><td>75 %</td><td>25 %</td>');
    expect(html).toContain('<th scope="row">ksPValue</th><td>1.0e-30</td>');
    expect(html).toContain('<th scope="row">2025-12-24 00:00 UTC</th><td>1</td><td>amount</td>');
    expect(html).toContain('The outermost values are counted and not drawn.');
  });

  test('links each column of the list to its picture', () => {
    const targets = [...html.matchAll(/href="#([^"]+)"/g)].map(([, id]) => id);
    expect(targets).toEqual(['column-1', 'column-2', 'column-3']);
    for (const id of targets) expect(html).toContain(`id="${id}"`);
  });

  test('follows the reader’s light or dark setting', () => {
    expect(html).toContain('prefers-color-scheme:dark');
    const colours = [...html.matchAll(/(?:fill|stroke)="([^"]+)"/g)].map(([, colour]) => colour);
    expect(colours.filter((colour) => !/^(none|transparent|var\(--\w+\))$/.test(colour ?? ''))).toEqual([]);
  });

  test('begins with a verdict and a sentence', () => {
    expect(html).toMatch(
      /<h2 id="verdict">Something has changed<\/h2><p>2 of 2 columns have changed: amount and &lt;script/,
    );
  });

  test('does without a trend, and without distributions, where there are none', async () => {
    const alone = await reportPage({ report: reportFrom(), distributions: [], earlier: [] });
    expect(alone).toContain('This is the first window');
    expect(alone).not.toContain('<svg');
    elementsOf(alone);
  });

  test('draws the input and the feature of one name each in its own card', async () => {
    const report = reportFrom({ columns: [column(), column({ role: 'feature', rank: 2 })] });
    const page = await reportPage({
      report,
      distributions: [
        { ...numeric, role: 'feature', current: [100, 0, 0], beyond: { reference: 0, current: 0 } },
        { ...numeric, role: 'input' },
      ],
      earlier: [],
    });
    const [, first = '', second = ''] = page.split('<article');
    expect(first).toContain('half of the current ones between 15 and 30');
    expect(second).toContain('half of the current ones between 2.5 and 7.5');
  });
});

describe('the sentence of a report', () => {
  test.each([
    [{}, '2 of 2 columns have changed: amount and .* It is a notice'],
    [{ alarm: true }, 'This is an alarm'],
    [
      { columns: [column({ drifted: false })], drifted: false },
      'Nothing has changed that matters: the 12,000 rows',
    ],
    [
      { columns: [column({ drifted: false })], drifted: false, rows: 40 },
      'With 40 rows nothing can be said yet',
    ],
    [{ columns: [], drifted: false, rows: 0 }, 'There are no rows to compare'],
    [
      { columns: [column({ broken: 'all missing', alarm: true })], alarm: true },
      '^amount carries nothing any more: what delivers it is likely broken. This is an alarm',
    ],
    [{ columns: [column()], drifted: false }, '1 of 1 columns has changed: amount. That is too little'],
    [{ model: '', columns: [column()] }, '1 of 1 columns has changed: amount.$'],
  ])('says %o', (parts, said) => {
    expect(driftSummary(reportFrom(parts))).toMatch(new RegExp(said));
  });

  test('names metrics that have decayed', () => {
    const performance = [
      { metric: 'aucRoc', reference: 0.9, current: 0.7, limit: 0.85, decayed: true, alarm: false },
    ];
    expect(driftSummary(reportFrom({ columns: [], performance }))).toContain('worse than it should: aucRoc');
  });
});

describe('what is drawn', () => {
  test('leaves out nothing: the bars of many categories add up to all rows', () => {
    const categories = Array.from({ length: 40 }, (_, index) => `c${index}`);
    const bars = barsOf({
      kind: 'categorical',
      column: 'c',
      categories,
      reference: categories.map((_, index) => index),
      current: categories.map((_, index) => 40 - index),
    });
    expect(bars).toHaveLength(13);
    expect(bars.at(-1)?.name).toBe('28 others');
    expect(bars.reduce((sum, bar) => sum + bar.reference, 0)).toBeCloseTo(1, 12);
    expect(bars.reduce((sum, bar) => sum + bar.current, 0)).toBeCloseTo(1, 12);
  });

  test('is nothing where every value is rare, or there are no rows', async () => {
    const categories = Array.from({ length: 1_000 }, (_, index) => `id-${index}`);
    const ones = categories.map(() => 1);
    const rare = { kind: 'categorical' as const, column: 'id', categories, reference: ones, current: ones };
    expect(await distributionChart(rare)).toBeUndefined();
    const empty = {
      ...numeric,
      reference: [0, 0, 0],
      current: [0, 0, 0],
      beyond: { reference: 0, current: 0 },
    };
    expect(await distributionChart(empty)).toBeUndefined();
  });

  test('is drawn where one of the windows is empty', async () => {
    const gone = { ...numeric, current: [0, 0, 0], beyond: { reference: 0, current: 0 } };
    expect(await distributionChart(gone)).toContain('half of the current ones between nothing');
  });
});

describe('the trend', () => {
  const day = (n: number) => new Date(Date.UTC(2026, 0, n)).toISOString();
  const reports = Array.from({ length: 40 }, (_, index) =>
    reportFrom({
      id: String(index),
      window: { from: day(index), to: day(index + 1) },
      columns: [
        column({ driftScore: 0.001 * index, drifted: false }),
        column({ column: 'p', method: 'ksPValue', driftScore: 0.001, threshold: 0.01 }),
        column({ column: 'id', untested: 'identifier' }),
      ],
    }),
  );

  test('holds the last 30 windows, in their order, of the columns that are tested', () => {
    const points = trendOf(reports.toReversed());
    const windows = [...new Set(points.map(({ at }) => at))];
    expect(windows).toEqual(Array.from({ length: 30 }, (_, index) => Date.parse(day(index + 11))));
    expect(new Set(points.map((point) => point.column))).toEqual(new Set(['amount', 'p']));
  });

  test('tells an input from the feature that has its name', () => {
    const both = reportFrom({
      columns: [column(), column({ role: 'feature' }), column({ column: 'other' })],
    });
    expect(trendOf([both]).map((point) => point.column)).toEqual([
      'amount (input)',
      'amount (feature)',
      'other',
    ]);
  });

  test('counts in multiples of the threshold, p-values the other way round', () => {
    const [amount, p] = trendOf(reports).slice(-2);
    expect(amount?.times).toBeCloseTo(0.039 / 0.02, 12);
    expect(p?.times).toBeCloseTo(10, 12);
  });

  test('draws the columns first that are beyond their limits now', () => {
    const at = (column_: string, when: number, times: number) => ({
      column: column_,
      at: when,
      times,
      drifted: times >= 1,
    });
    const points = [
      at('was', 1, 50),
      at('was', 2, 0.1),
      at('is', 1, 0),
      at('is', 2, 1.5),
      at('never', 2, 0.2),
    ];
    expect(trendColumns(points)).toEqual(['is', 'was', 'never']);
  });
});
