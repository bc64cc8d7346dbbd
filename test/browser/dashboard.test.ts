import type { Browser, BrowserContextOptions, Page, Route } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { readDefinition } from '../../tools/model-folders.ts';
import { type AppStack, DEFAULT_MODEL, fraudRows, startAppStack, trainSmall } from '../fixtures/app-stack.ts';
import { startBrowser } from '../fixtures/browser.ts';
import { hasFocus, type OpenedPage, openPage, tabTo } from '../fixtures/opened-page.ts';
import { auditPage } from './page-audit.ts';
import { withHistory } from './sample-replies.ts';

/** Without traffic there is no evidence, so that it waits for a person at once. */
const PLAN = {
  shadow: { bake: '1s' },
  steps: [
    { percent: 50, bake: '1s' },
    { percent: 100, bake: '1h' },
  ],
  checkEvery: '1s',
  extendAtMost: '1s',
};
const NOTICED = { timeout: 30_000 };

let running: AppStack;
let browser: Browser;
beforeAll(async () => {
  running = await startAppStack();
  await trainSmall(running.app, await readDefinition(DEFAULT_MODEL), await fraudRows(), 2);
  browser = await startBrowser();
}, 180_000);
afterAll(async () => {
  await browser.close();
  await running.stop();
});

function open(
  options: BrowserContextOptions = {},
  prepare: (page: Page) => Promise<unknown> = withHistory,
): Promise<OpenedPage> {
  return openPage(browser, `${running.url}/dashboard`, { options, prepare });
}

const startedSchema = z.object({ promotionId: z.string() });

async function startPromotion(): Promise<string> {
  const response = await fetch(`${running.url}/api/models/${DEFAULT_MODEL}/promotions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ version: '2', plan: PLAN, requestedBy: 'ada' }),
  });
  expect(response.status).toBe(202);
  return startedSchema.parse(await response.json()).promotionId;
}

/** A page that was told about a change: it need not wait for its next turn. */
async function refresh(page: Page): Promise<void> {
  const pause = page.getByRole('button', { name: 'Pause' });
  await pause.click();
  await pause.click();
}

describe('the dashboard', () => {
  it('shows who serves, and asks nobody but the app, without an error', async () => {
    const opened = await open({}, () => Promise.resolve());
    const { page, faults } = opened;
    const figures = page.locator('#now dl');
    await figures.getByText('Version 1').waitFor();
    await page.locator('#versions').getByRole('cell', { name: 'champion' }).waitFor();
    await page.locator('#runs').getByText('No run yet').waitFor();
    await page.locator('#drift').getByText('No drift report yet').waitFor();
    await page.locator('#performance').getByText('No predictions in these days').waitFor();
    await page.locator('#traffic canvas').waitFor();
    expect(await page.title()).toMatch(/fraud/);
    expect(faults).toEqual([]);
    await opened.close();
  });

  it('refuses scripts and styles from elsewhere or inline, and being framed', async () => {
    const response = await fetch(`${running.url}/dashboard`);
    const policy = response.headers.get('content-security-policy') ?? '';
    expect(policy).not.toMatch(/unsafe|\*|https?:/);
    expect(policy).toMatch(/default-src 'none'/);
    expect(policy).toMatch(/frame-ancestors 'none'/);
    const page = await response.text();
    expect(page).not.toMatch(/<script(?![^>]*\ssrc=)|<style|\sstyle=|\son\w+=|https?:/);
  });

  it('is approved and aborted by keyboard alone, by who and with why', async () => {
    const promotionId = await startPromotion();
    const opened = await open();
    const { page, faults } = opened;
    const section = page.locator('#promotion');
    await expect
      .poll(async () => {
        await refresh(page);
        return section.textContent();
      }, NOTICED)
      .toContain('waits for an approval after the shadow');

    await page.evaluate('document.activeElement.blur()');
    await tabTo(page, '[data-order=approve]');
    await page.keyboard.press('Enter');
    const dialog = page.getByRole('dialog', { name: 'Approve the promotion of version 2' });
    await dialog.waitFor();
    expect(await auditPage(page)).toEqual([]);
    await page.keyboard.press('Enter');
    await dialog.getByRole('alert').getByText('Your name is needed.').waitFor();
    await page.keyboard.type('ada');
    await page.keyboard.press('Enter');
    await dialog.getByRole('alert').getByText('Somebody else than who asked for it has to approve').waitFor();
    await page.keyboard.press('ControlOrMeta+a');
    await page.keyboard.type('bob');
    await page.keyboard.press('Tab');
    await page.keyboard.type('the shadow looked well');
    await page.keyboard.press('Tab');
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    await dialog.waitFor({ state: 'detached' });
    expect(await page.locator('[aria-live=polite]').textContent()).toBe('The promotion is approved.');
    await expect
      .poll(async () => {
        await refresh(page);
        return section.textContent();
      }, NOTICED)
      .toMatch(/canary|at 50 % of the traffic/);
    // The browser itself notes the refusal.
    expect(faults).toEqual([expect.stringMatching(/403/)]);

    await page.evaluate('document.activeElement.blur()');
    await tabTo(page, '[data-order=abort]');
    await page.keyboard.press('Enter');
    const abort = page.getByRole('dialog', { name: 'Abort the promotion of version 2' });
    await abort.waitFor();
    await page.keyboard.press('Escape');
    await abort.waitFor({ state: 'detached' });
    expect(await hasFocus(page, '[data-order=abort]')).toBe(true);
    await page.keyboard.press('Enter');
    expect(await abort.getByLabel('Your name').inputValue()).toBe('bob');
    await page.keyboard.press('Enter');
    await abort.getByRole('alert').getByText('A reason is needed.').waitFor();
    await page.keyboard.type('<b>enough</b>');
    await page.keyboard.press('Tab');
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    await abort.waitFor({ state: 'detached' });
    await section.getByText('Reason: <b>enough</b>').waitFor();
    expect(await page.locator('[data-order=abort]').isDisabled()).toBe(true);

    const promotion = await fetch(`${running.url}/api/models/${DEFAULT_MODEL}/promotions/${promotionId}`);
    expect(await promotion.json()).toMatchObject({
      phase: 'aborted',
      reason: '<b>enough</b>',
      changes: expect.arrayContaining([
        expect.objectContaining({ by: 'bob', what: 'approved: the shadow looked well' }),
        expect.objectContaining({ by: 'bob', what: expect.stringContaining('<b>enough</b>') }),
      ]),
    });
    await opened.close();
  });

  it.each(['light', 'dark'] as const)('can be read by everybody in %s', async (colorScheme) => {
    const opened = await open({ colorScheme });
    const { page } = opened;
    await page.locator('#versions table').waitFor();
    await page.locator('#performance canvas').waitFor();
    await page.getByRole('link', { name: /^amount, .*: drifted, score 0.31/ }).waitFor();
    for (const summary of await page.locator('summary').all()) await summary.click();
    expect(await auditPage(page)).toEqual([]);
    const ground = await page.evaluate<string>('getComputedStyle(document.body).backgroundColor');
    const red = Number(/\d+/.exec(ground)?.[0]);
    expect(red).toBeGreaterThan(colorScheme === 'light' ? 200 : -1);
    expect(red).toBeLessThan(colorScheme === 'light' ? 256 : 50);
    await opened.close();
  });

  it('fits a telephone without being pushed sideways', async () => {
    const opened = await open({ viewport: { width: 360, height: 740 } });
    const { page } = opened;
    await page.locator('.heat').waitFor();
    await page.locator('#versions table').waitFor();
    const width = await page.evaluate('document.documentElement.scrollWidth');
    expect(width).toBeLessThanOrEqual(360);
    await opened.close();
  });

  it('leaves who reads it where they are when it is refreshed', async () => {
    const opened = await open();
    const { page } = opened;
    await page.locator('.heat').waitFor();
    await page.locator('#traffic summary').click();
    const cell = '.heat tbody tr:first-child td:last-child a';
    await page.locator(cell).focus();
    const before = await page.locator('header .state').textContent();
    await page.evaluate("document.dispatchEvent(new Event('visibilitychange'))");
    // A refresh within the same second shows the same time; the next one comes after ten.
    await expect
      .poll(() => page.locator('header .state').textContent(), { timeout: 25_000 })
      .not.toBe(before);
    expect(await hasFocus(page, cell)).toBe(true);
    expect(await page.locator('#traffic details[open]').count()).toBe(1);
    await opened.close();
  });

  it('says how old its data are when the app does not answer, and keeps showing them', async () => {
    const opened = await open();
    const { page } = opened;
    await page.locator('#now dl').getByText('Version 1').waitFor();
    await page.route('**/api/**', (route) => route.abort());
    await refresh(page);
    await page.locator('header .late').waitFor();
    await page
      .locator('#now')
      .getByText(/Could not be refreshed: no answer.*This is from \d\d:/)
      .waitFor();
    expect(await page.locator('#now dl').getByText('Version 1').isVisible()).toBe(true);
    await page.unroute('**/api/**');
    await refresh(page);
    await page.locator('header .late').waitFor({ state: 'detached' });
    await page.locator('header').getByText('Updated').waitFor();
    await opened.close();
  });

  it('asks for a key where the API wants one, sends it in the header, and forgets it with the tab', async () => {
    const asked: (string | undefined)[] = [];
    const guard = async (route: Route) => {
      const key = route.request().headers()['x-functions-key'];
      asked.push(key);
      if (key === 'right') await route.fallback();
      else await route.fulfill({ status: 401, body: '' });
    };
    const opened = await open({}, (page) => page.route('**/api/**', guard));
    const { page } = opened;
    const dialog = page.getByRole('dialog', { name: 'The API asks who you are' });
    await dialog.waitFor();
    await page.keyboard.type('wrong');
    await page.keyboard.press('Enter');
    await dialog.getByText('What was given before is not accepted.').waitFor();
    await page.keyboard.type('right');
    await page.keyboard.press('Enter');
    await page.locator('#now dl').getByText('Version 1').waitFor();
    expect(new Set(asked)).toEqual(new Set([undefined, 'wrong', 'right']));
    expect(await page.context().cookies()).toEqual([]);
    const kept = await page.evaluate('JSON.stringify(localStorage) + location.href');
    expect(kept).not.toContain('right');
    await opened.close();
  });

  it('sends a token where it is given one in place of a key', async () => {
    const guard = async (route: Route) => {
      const { authorization } = route.request().headers();
      if (authorization === 'Bearer eyJh.eyJi.c-_') await route.fallback();
      else await route.fulfill({ status: 401, body: '' });
    };
    const opened = await open({}, (page) => page.route('**/api/**', guard));
    const { page } = opened;
    await page.getByRole('dialog', { name: 'The API asks who you are' }).waitFor();
    await page.keyboard.type('eyJh.eyJi.c-_');
    await page.keyboard.press('Enter');
    const version = page.locator('#now dl').getByText('Version 1');
    await version.waitFor();
    expect(await version.count()).toBe(1);
    await opened.close();
  });

  it('says plainly what is not there', async () => {
    const missing = (route: Route) => route.fulfill({ status: 404, json: { title: 'Not found' } });
    const opened = await open({}, async (page) => {
      for (const path of ['**/drift', '**/drift/history*', '**/performance?*', '**/minutes'])
        await page.route(path, missing);
    });
    const { page } = opened;
    await page.locator('#drift').getByText('No drift report yet').waitFor();
    await page.locator('#performance').getByText('not available yet').waitFor();
    await page.locator('#traffic').getByText('not available yet').waitFor();
    expect(await page.locator('.late').count()).toBe(0);
    await opened.close();
  });

  it('follows the model that is chosen, and its address does', async () => {
    const opened = await open({}, async (page) => {
      const items = [
        { model: 'fraud', isDefault: true },
        { model: '<img src=x>', isDefault: false },
      ];
      await page.route('**/api/models?*', (route) => route.fulfill({ json: { items } }));
    });
    const { page } = opened;
    await page.locator('#now dl').waitFor();
    await page.getByLabel('Model').selectOption('<img src=x>');
    await page.locator('#now').getByText('There is no model of this name any more.').waitFor();
    expect(new URL(page.url()).searchParams.get('model')).toBe('<img src=x>');
    expect(await page.locator('img').count()).toBe(0);
    await opened.close();
  });
});
