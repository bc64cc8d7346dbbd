import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadGenerator } from '../../tools/row-generator.ts';
import { generatedRows } from '../../tools/simulated-rows.ts';
import { driftReportSchema } from '../../shared/drift/report.ts';
import { type AppStack, DEFAULT_MODEL, startAppStack } from '../fixtures/app-stack.ts';
import { startBrowser } from '../fixtures/browser.ts';

const MADE_AT = Date.parse('2026-03-02T12:00:00Z');
const ROWS = 1_000;

let running: AppStack;
let browser: Browser;
beforeAll(async () => {
  [running, browser] = await Promise.all([startAppStack(), startBrowser()]);
}, 180_000);
afterAll(async () => {
  await browser.close();
  await running.stop();
});

const post = (path: string, body: object) =>
  fetch(running.url + path, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });

describe('the page of a drift report', () => {
  it('shows what has drifted first, with its distributions, and asks for nothing else', async () => {
    const generator = await loadGenerator(DEFAULT_MODEL);
    if (generator === undefined) throw new Error('The model has no generator');
    const transactions = generatedRows(generator, 'is_fraud', { seed: 1 }, ROWS, MADE_AT)
      .take(ROWS)
      .map((row) => ({ ...row, amount: 2 * Number(row['amount']) }))
      .toArray();
    const from = new Date().toISOString();
    expect((await post('/api/score', { transactions })).status).toBe(200);
    const report = await expect
      .poll(
        async () => {
          // A window is checked once, so each try has an end of its own, until the log has all of it.
          const reply = await post(`/api/models/${DEFAULT_MODEL}/drift`, { from });
          return driftReportSchema.parse(await reply.json());
        },
        { timeout: 30_000, interval: 500 },
      )
      .toMatchObject({ rows: ROWS, drifted: true })
      .then(async () => {
        const latest = await fetch(`${running.url}/api/models/${DEFAULT_MODEL}/drift`);
        return driftReportSchema.parse(await latest.json());
      });

    const context = await browser.newContext({ locale: 'en-GB' });
    const page = await context.newPage();
    const asked: string[] = [];
    const faults: string[] = [];
    page.on('request', (request) => asked.push(request.url()));
    page.on('console', (message) => faults.push(message.text()));
    page.on('pageerror', (error) => faults.push(error.message));
    const url = `${running.url}/api/models/${DEFAULT_MODEL}/drift/${report.id}`;
    await page.goto(url);
    expect(await page.locator('h1').textContent()).not.toBe('');
    const first = page.locator('table tbody tr').first();
    expect(await first.textContent()).toContain('amount');
    expect(await page.locator('svg').first().isVisible()).toBe(true);
    expect(await page.locator('body').innerText()).toContain(report.summary ?? 'a summary');
    // Its styles alone follow the reader's system.
    const ground = () => page.evaluate<string>('getComputedStyle(document.body).backgroundColor');
    const light = await ground();
    await page.emulateMedia({ colorScheme: 'dark' });
    expect(await ground()).not.toBe(light);
    expect(asked.filter((each) => each !== url && !each.startsWith('data:'))).toEqual([]);
    expect(faults).toEqual([]);
    await context.close();
  });
});
