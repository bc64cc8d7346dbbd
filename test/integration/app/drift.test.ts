import { z } from 'zod';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type DriftReport, driftReportSchema } from '../../../shared/drift/report.ts';
import { readRange } from '../../../shared/events/log-reader.ts';
import { loadGenerator } from '../../../tools/row-generator.ts';
import { labelledRows } from '../../../tools/simulated-rows.ts';
import { type AppStack, DEFAULT_MODEL, startAppStack } from '../../fixtures/app-stack.ts';

const ROWS = 1_000;
const COLLECTED = { timeout: 60_000, interval: 250 };
const PATH = `/api/models/${DEFAULT_MODEL}/drift`;

const historySchema = z.object({ items: z.array(z.object({ id: z.string() })), next: z.string().optional() });

/** The same rows in every run: chance finds a drift where there is none now and then. */
const MADE_AT = Date.parse('2026-03-02T12:00:00Z');

let running: AppStack;
beforeAll(async () => {
  running = await startAppStack();
}, 120_000);
afterAll(async () => {
  await running.stop();
});

/** Sends transactions whose amounts are twice what they were, and waits until all of them are in the log. */
async function sendDoubled(count: number, seed: number): Promise<void> {
  const generator = await loadGenerator(DEFAULT_MODEL);
  if (generator === undefined) throw new Error('The model has no generator');
  const rows = labelledRows(generator, { name: 'is_fraud' }, { seed, fraudRate: 0.02 }, count, MADE_AT);
  const transactions = rows
    .take(count)
    .map(({ row }) => ({ ...row, amount: 2 * Number(row['amount']) }))
    .toArray();
  const response = await fetch(`${running.url}/api/score`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ transactions }),
    signal: AbortSignal.timeout(20_000),
  });
  expect(response.status).toBe(200);
}

const check = async (body?: object) => {
  const response = await fetch(running.url + PATH, {
    method: 'POST',
    ...(body === undefined
      ? {}
      : { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
    signal: AbortSignal.timeout(60_000),
  });
  return { status: response.status, body: await response.json() };
};

/** Predictions of a time that the log has. */
async function collected(from: number, to: number): Promise<number> {
  let found = 0;
  for await (const _line of readRange(running.app.predictions, DEFAULT_MODEL, from, to)) found += 1;
  return found;
}

describe('drift of live traffic', () => {
  it('is a notice in the first window and an alarm in the second, with what drifted first', async () => {
    const none = await fetch(running.url + PATH);
    expect(none.status).toBe(404);
    const reports: DriftReport[] = [];
    for (const seed of [1, 2]) {
      // In sequence: a window follows the one before
      const from = Date.now();
      await sendDoubled(ROWS, seed);
      const to = Date.now();
      await expect.poll(() => collected(from, to + 1), COLLECTED).toBe(ROWS);
      const window = { from: new Date(from).toISOString(), to: new Date(to + 1).toISOString() };
      const { status, body } = await check(window);
      expect(status).toBe(200);
      reports.push(driftReportSchema.parse(body));
    }
    const [first, second] = reports;
    expect(first).toMatchObject({
      version: '1',
      rows: ROWS,
      policy: 'tollgate',
      drifted: true,
      alarm: false,
    });
    expect(first?.columns[0]).toMatchObject({ column: 'amount', role: 'input', rank: 1, drifted: true });
    expect(second).toMatchObject({ drifted: true, alarm: true });
    expect(second?.columns[0]).toMatchObject({ column: 'amount', alarm: true, since: first?.window.from });
    // Ids, the account, the calendar and what only ages say nothing.
    const untested = second?.columns.filter(({ untested: why }) => why !== undefined);
    expect(untested?.map(({ column }) => column)).toEqual(
      expect.arrayContaining(['transaction_id', 'customer_id', 'transaction_ts', 'day_of_week']),
    );

    const latest = await fetch(running.url + PATH);
    expect(await latest.json()).toEqual(second);
    const page = await fetch(`${running.url}${PATH}/${second?.id}`, { headers: { accept: 'text/html' } });
    expect(page.headers.get('content-type')).toContain('text/html');
    expect(await page.text()).toContain('amount');
    const history = historySchema.parse(await (await fetch(`${running.url}${PATH}/history?limit=1`)).json());
    expect(history).toEqual({ items: [{ id: second?.id }], next: second?.id });
  }, 120_000);

  it('is checked from the last report on where nothing is said, with an empty body', async () => {
    const { status, body } = await check();
    expect([status, driftReportSchema.parse(body).drifted]).toEqual([200, false]);
    expect((await check({ from: 'yesterday' })).status).toBe(400);
  });
});
