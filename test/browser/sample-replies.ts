/** Replies of the API as its contract has them, for what takes days to happen. */

import type { Page } from 'playwright-core';

const DAY = 86_400_000;

const COLUMNS = [
  ['amount', 'input'],
  ['merchant_category', 'input'],
  ['hour', 'feature'],
  ['currency', 'input'],
  ['customer_id', 'input'],
  ['score', 'score'],
  ['decision', 'decision'],
] as const;

/** Answers a page's requests with two weeks of drift reports and a month of performance. */
export async function withHistory(page: Page): Promise<void> {
  const now = Date.now();
  const reports = driftReports(now, 14);
  await page.route('**/drift', (route) => route.fulfill({ json: reports[0] }));
  await page.route('**/drift/history*', (route) => route.fulfill({ json: { items: reports } }));
  await page.route('**/performance?*', (route) =>
    route.fulfill({ json: { windows: performanceWindows(now, 30) } }),
  );
}

/** Reports of so many days, the newest first: `amount` drifts on the last two, so that the last one is an alarm. */
function driftReports(now: number, days: number) {
  const midnight = now - (now % DAY);
  return Array.from({ length: days }, (_, ago) => {
    const to = midnight - ago * DAY;
    const columns = COLUMNS.map(([column, role], rank) => {
      const drifted = column === 'amount' && ago < 2;
      const wave = 0.04 + 0.03 * Math.abs(Math.sin(ago * 1.3 + rank));
      const tested =
        column === 'customer_id'
          ? { driftScore: 0.4, threshold: 1, untested: 'entity' }
          : { driftScore: drifted ? 0.31 - ago * 0.05 : wave, threshold: 0.1, method: 'ks' };
      return {
        column,
        role,
        kind: 'numeric',
        rank: rank + 1,
        statistics: {},
        ...tested,
        drifted,
        ...(drifted ? { reasons: ['Its values are about twice as large as in the reference.'] } : {}),
      };
    });
    return {
      id: `report-${ago}`,
      model: 'fraud',
      version: '1',
      window: { from: new Date(to - DAY).toISOString(), to: new Date(to).toISOString() },
      rows: 20_480 - ago * 7,
      policy: 'tollgate',
      drifted: ago < 2,
      alarm: ago === 0,
      columns,
    };
  });
}

/** Windows of a day each, oldest first: labels reach a week back, estimates the whole month. */
function performanceWindows(now: number, days: number) {
  const midnight = now - (now % DAY);
  return Array.from({ length: days }, (_, place) => {
    const ago = days - place;
    const from = midnight - ago * DAY;
    const matured = ago > 7;
    const aucRoc = 0.94 - 0.004 * Math.sin(ago) - 0.0005 * place;
    return {
      from: new Date(from).toISOString(),
      to: new Date(from + DAY).toISOString(),
      version: '1',
      predictions: 20_000 + ago,
      labels: matured ? 19_000 : 0,
      coverage: matured ? 0.95 : 0,
      matured,
      ...(matured
        ? {
            aucRoc,
            aucRocInterval: { lower: aucRoc - 0.012, upper: aucRoc + 0.012 },
            averagePrecision: aucRoc - 0.2,
            precision: 0.81,
            recall: 0.64,
            accuracy: 0.99,
            f1: 0.71,
          }
        : {}),
      estimated: { aucRoc: 0.938 - 0.003 * Math.cos(ago) },
    };
  });
}
