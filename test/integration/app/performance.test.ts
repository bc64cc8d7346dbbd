import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { performanceSchema } from '../../../shared/outcomes/performance-view.ts';
import { aucRoc } from '../../../shared/training/metrics.ts';
import { loadGenerator } from '../../../tools/row-generator.ts';
import { labelledRows } from '../../../tools/simulated-rows.ts';
import { DEFAULT_MODEL } from '../../fixtures/app-stack.ts';
import { bodyOf } from '../../fixtures/http.ts';
import { servedApp } from '../../fixtures/served-app.ts';
import { parseExposition, sumOf } from '../../unit/metrics/parsed-text.ts';

const { get, post } = servedApp();
const COLLECTED = { timeout: 60_000, interval: 250 };
const problemSchema = z.object({
  status: z.int(),
  detail: z.string(),
  errors: z.array(z.object({ path: z.string() })),
});

describe('performance and metrics', () => {
  it('are those of what was scored and labelled', async () => {
    const generator = await loadGenerator(DEFAULT_MODEL);
    if (generator === undefined) throw new Error('The model has no generator');
    const made = labelledRows(generator, { name: 'is_fraud' }, { seed: 12, fraudRate: 0.2 }, 300, Date.now());
    const rows = made.take(300).toArray();
    const { predictions } = await bodyOf(
      await post('/api/score', { transactions: rows.map(({ row }) => row) }),
    );
    const labels = predictions.map(({ predictionId }, at) => ({ predictionId, label: rows[at]?.truth ?? 0 }));
    expect((await post('/api/labels', { labels })).status).toBe(202);

    const path = `/api/models/${DEFAULT_MODEL}/performance?window=hour`;
    const windowsNow = async () => performanceSchema.parse(await (await get(path)).json()).windows;
    const labelled = async () => (await windowsNow()).reduce((sum, { labels: known }) => sum + known, 0);
    await expect.poll(labelled, COLLECTED).toBe(300);
    // Two, where an hour has begun meanwhile.
    const windows = await windowsNow();
    expect(windows.reduce((sum, { predictions: scored }) => sum + scored, 0)).toBe(300);
    const from = new Date(Date.now() - 2 * 3_600_000).toISOString();
    const days = await (await get(`/api/models/${DEFAULT_MODEL}/performance?from=${from}`)).json();
    const day = performanceSchema.parse(days).windows.find(({ predictions: scored }) => scored === 300);
    const truth = aucRoc(
      Uint8Array.from(rows, ({ truth: label }) => label ?? 0),
      Float64Array.from(predictions, ({ score }) => score),
    );
    expect(day?.aucRoc).toBeCloseTo(truth, 12);
    expect(day).toMatchObject({ version: '1', coverage: 1 });

    const metrics = async () => {
      const reply = await get('/api/metrics');
      expect(reply.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8');
      return parseExposition(await reply.text());
    };
    const model = { model: DEFAULT_MODEL, version: '1' };
    // What a busy machine has sent too late is sent again, and then counts as that, perhaps a second time.
    const requests = async () => sumOf(await metrics(), 'tollgate_requests_total', model);
    await expect.poll(requests, COLLECTED).toBeGreaterThanOrEqual(300);
    const samples = await metrics();
    const ok = sumOf(samples, 'tollgate_requests_total', { ...model, outcome: 'ok' });
    expect(sumOf(samples, 'tollgate_requests_total', model)).toBe(
      ok + sumOf(samples, 'tollgate_requests_total', { ...model, outcome: 'replayed' }),
    );
    expect(sumOf(samples, 'tollgate_decisions_total', model)).toBe(ok);
    expect(sumOf(samples, 'tollgate_request_duration_seconds_count', model)).toBe(ok);
    expect(sumOf(samples, 'tollgate_traffic_ratio', { ...model, role: 'champion' })).toBe(1);
  }, 120_000);

  it.each(['window=week', 'from=yesterday', 'from=2020-01-01', 'to=2001-01-01&from=2001-01-02'])(
    'of ?%s are refused as a problem that names what is wrong',
    async (query) => {
      const reply = await get(`/api/models/${DEFAULT_MODEL}/performance?${query}`);
      expect([reply.status, reply.headers.get('content-type')]).toEqual([400, 'application/problem+json']);
      const { errors } = problemSchema.parse(await reply.json());
      expect(errors).toMatchObject([{ path: query.startsWith('window') ? '/window' : '/from' }]);
    },
  );

  it('are not there for a model that does not exist', async () => {
    expect((await get('/api/models/none/performance')).status).toBe(404);
  });
});
