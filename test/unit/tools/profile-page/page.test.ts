import { beforeAll, describe, expect, it } from 'vitest';
import { openCsvTable } from '../../../../shared/training/csv-table.ts';
import { proposeSuite } from '../../../../shared/training/expectations/propose.ts';
import { type Profile, profileTable } from '../../../../shared/training/profile.ts';
import { binsOf, rateOf } from '../../../../tools/profile-page/bins.ts';
import { correlationsOf, ranksOf } from '../../../../tools/profile-page/correlations.ts';
import { findingsOf } from '../../../../tools/profile-page/findings.ts';
import { profilePage } from '../../../../tools/profile-page/page.ts';
import { bankDefinition, bankRows } from '../../../fixtures/bank-rows.ts';

async function profileOf(csv: string): Promise<Profile> {
  const bytes = (async function* () {
    yield await Promise.resolve(Buffer.from(csv));
  })();
  return profileTable(await openCsvTable(bytes, () => ';'), await bankDefinition());
}

/** The bank's rows, with a column that the model does not know, one that leaks the label, and missing ages. */
function rowsWithFaults(): string {
  const [header = '', ...lines] = Buffer.from(bankRows()).toString('utf8').split('\n');
  return [
    `${header};<script>alert(1)</script>;leak`,
    ...lines.map(
      (line, row) =>
        `${row % 4 === 0 ? line.replace(/^\d+/, '') : line};x;${line.endsWith('"yes"') ? 5 + (row % 9) : row % 5}`,
    ),
  ].join('\n');
}

describe('the exploratory page', () => {
  let profile: Profile;
  let html: string;
  beforeAll(async () => {
    profile = await profileOf(rowsWithFaults());
    html = await profilePage(profile, proposeSuite(profile, 'm'), { title: 'Rows & more', source: 'a.csv' });
  });

  it('needs nothing beside itself, and runs nothing', () => {
    const names = html.replaceAll(/xmlns(:xlink)?="[^"]*"/g, '');
    expect(names).not.toMatch(/https?:|<script|<link|<img|@import|url\(/);
  });

  it('says in words what each picture shows', () => {
    const pictures = html.match(/<svg [^>]*>/g) ?? [];
    expect(pictures.length).toBeGreaterThan(profile.columns.length - 2);
    for (const picture of pictures) expect(picture).toMatch(/role="img" aria-label="[^"]{20,}"/);
    expect(html).toMatch(/Label rate over the file: \d+ periods/);
    expect(html).toContain('Missing values: age 25 %');
    expect(html).toContain('Most frequent values of job: ');
    expect(html).toContain('Distribution of balance in 32 bars');
    expect(html).toContain('Rank correlations of');
  });

  it('follows the reader’s light or dark setting', () => {
    expect(html).toContain('prefers-color-scheme:dark');
    const colours = [...html.matchAll(/(?:fill|stroke)="([^"]+)"/g)].map(([, colour]) => colour);
    expect(colours.filter((colour) => !/^(none|transparent|var\(--\w+\))$/.test(colour ?? ''))).toEqual([]);
  });

  it('shows what the file says as text only', () => {
    expect(html).toContain('&lt;script&gt;alert(1)&lt;/script&gt;');
    expect(html).toContain('Rows &amp; more');
  });

  it('says first what a person should look at', () => {
    const findings = findingsOf(profile, correlationsOf(profile)).join('\n');
    expect(findings).toContain('age: 25 % of the values are missing.');
    expect(findings).toMatch(/leak alone predicts the label \(AUC-ROC 1.000\): a leak\?/);
    expect(findings).toContain('the model does not know this column');
  });
});

describe('the page’s numbers', () => {
  it('count every row once', async () => {
    const profile = await profileOf(Buffer.from(bankRows()).toString('utf8'));
    for (const column of profile.columns.filter(({ numbers }) => numbers !== undefined)) {
      const { bins } = binsOf(column, profile.labels);
      expect(bins.reduce((sum, bin) => sum + bin.rows, 0)).toBe(1_000);
      expect(bins.reduce((sum, bin) => sum + bin.positives, 0)).toBe(
        profile.labels.filter((y) => y === 1).length,
      );
    }
  });

  it('have the interval of Wilson', () => {
    // R: prop.test(8, 20, correct = FALSE)$conf.int
    const found = rateOf(8, 20);
    expect(found?.rate).toBe(0.4);
    expect(found?.lower).toBeCloseTo(0.2188, 4);
    expect(found?.upper).toBeCloseTo(0.6134, 4);
    expect(rateOf(0, 0)).toBeUndefined();
  });

  it('rank equal values alike and leave missing ones out', () => {
    expect([...ranksOf(Float64Array.from([3, 1, Number.NaN, 3, 2]))]).toEqual([2.5, 0, Number.NaN, 2.5, 1]);
  });
});
