import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { goodTransaction as good } from '../../fixtures/fraud-rows.ts';
import { bodyOf } from '../../fixtures/http.ts';
import { servedApp } from '../../fixtures/served-app.ts';

const { running, get, post } = servedApp();

describe('scoring over HTTP', () => {
  it('answers one transaction', async () => {
    const response = await post('/api/score', { transaction: good }, { 'x-correlation-id': 'call-7' });
    expect(response.status).toBe(200);
    expect(response.headers.get('x-correlation-id')).toBe('call-7');
    const prediction = await bodyOf(response);
    expect(prediction).toMatchObject({
      transactionId: 't-1',
      model: 'fraud',
      version: '1',
      variant: 'champion',
    });
    expect(prediction.predictionId).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7/);
    expect(prediction.score).toBeGreaterThan(0);
    expect(prediction.score).toBeLessThan(1);
  });

  it('answers many in the order of the request, each as it is answered alone', async () => {
    const amounts = [1, 10, 100, 1_000, 10_000];
    const transactions = amounts.map((amount, index) => ({ ...good, amount, transaction_id: `t-${index}` }));
    const { predictions } = await bodyOf(await post('/api/models/fraud/score', { transactions }));
    const alone = await Promise.all(
      transactions.map(async (transaction) => bodyOf(await post('/api/score', { transaction }))),
    );
    expect(predictions.map((one) => one.transactionId)).toEqual(
      transactions.map((one) => one.transaction_id),
    );
    expect(predictions.map((one) => one.score)).toEqual(alone.map(({ score }) => score));
    expect(new Set(predictions.map((one) => one.predictionId)).size).toBe(amounts.length);
  });

  it('gives the scores that the version recorded when it was trained', async () => {
    const row = await running().app.registry.version('fraud', '1');
    const bytes = await running().app.models.read('fraud/1/samples.json');
    const samples: { row: object; score: number }[] = JSON.parse(Buffer.from(bytes ?? []).toString());
    expect(samples).toHaveLength(20);
    const transactions = samples.map((sample) => sample.row);
    const { predictions } = await bodyOf(await post('/api/score', { transactions }));
    for (const [index, { score }] of samples.entries())
      expect(predictions[index]?.score).toBeCloseTo(score, 6);
    expect(row?.files.map(({ name }) => name)).toEqual([
      'contract.json',
      'model.onnx',
      'samples.json',
      'evaluation.json',
      'baseline.json',
      'definition.json',
      'card.md',
      'card.json',
    ]);
  });

  it('speaks the calling convention of an Azure ML online endpoint', async () => {
    const { score } = await bodyOf(await post('/api/score', { transaction: good }));
    expect(await bodyOf(await post('/score', { features: good }))).toEqual({ pred_proba: score });
  });

  it('names every problem of every row, and scores none', async () => {
    const { amount: _, ...withoutAmount } = good;
    const transactions = [
      good,
      withoutAmount,
      { ...good, amount: '12', transaction_ts: '2026-02-30T00:00:00Z' },
      7,
    ];
    const response = await post('/api/score', { transactions });
    expect(response.status).toBe(400);
    expect(response.headers.get('content-type')).toBe('application/problem+json');
    const paths = (await bodyOf(response)).errors.map((error) => error.path);
    expect(paths.toSorted()).toEqual([
      '/transactions/1/amount',
      '/transactions/2/amount',
      '/transactions/2/transaction_ts',
      '/transactions/3',
    ]);
  });

  it('accepts unknown categories and columns with a warning', async () => {
    const response = await post('/api/score', { transaction: { ...good, currency: 'XAU', colour: 'red' } });
    expect(response.status).toBe(200);
    const { warnings } = await bodyOf(response);
    expect(warnings.join('\n')).toMatch(/currency.*XAU/);
    expect(warnings.join('\n')).toMatch(/colour/);
  });

  it.each([
    ['text that is not JSON', '{"transaction":', 400],
    ['bytes that are not UTF-8', new Uint8Array([0x22, 0xff, 0x22]), 400],
    ['NaN', '{"transaction": {"amount": NaN}}', 400],
    ['a number beyond all bounds', JSON.stringify({ transaction: good }).replace('912.5', '1e999'), 400],
    ['keys that pollute prototypes', '{"__proto__": {"transaction": {}}, "constructor": {}}', 400],
    ['very deep nesting', `{"transaction": ${'['.repeat(100_000)}${']'.repeat(100_000)}}`, 400],
    ['1,001 rows', { transactions: Array.from({ length: 1_001 }, () => ({})) }, 413],
    ['a body of 7 MiB', `{"transaction": {"colour": "${'x'.repeat(7 * 1024 * 1024)}"}}`, 413],
    ['an explanation, which does not exist yet', { transaction: good, explain: true }, 400],
    ['no body', '', 400],
  ])('refuses %s', async (_, body, status) => {
    const response = await post('/api/score', body);
    expect(response.status).toBe(status);
    expect(await bodyOf(response)).toMatchObject({ status });
  });

  it('refuses another content type, an unknown model, an unknown version', async () => {
    expect((await post('/api/score', { transaction: good }, { 'content-type': 'text/plain' })).status).toBe(
      415,
    );
    expect((await post('/api/models/none/score', { transaction: good })).status).toBe(404);
    expect((await post('/api/models/..%2Ffraud/score', { transaction: good })).status).toBe(404);
    expect((await post('/api/score', { transaction: good }, { 'x-tollgate-version': '99' })).status).toBe(
      404,
    );
    expect((await post('/api/score', { transaction: good }, { 'x-tollgate-version': 'one' })).status).toBe(
      400,
    );
  });

  it('never answers 500, whatever the body', async () => {
    const anyRow = fc.oneof(
      fc.jsonValue(),
      fc.record(
        Object.fromEntries(
          Object.entries(good).map(([name, value]) => [name, fc.oneof(fc.constant(value), fc.jsonValue())]),
        ),
        { requiredKeys: [] },
      ),
    );
    const body = fc.oneof(
      fc.json(),
      fc.record({ transaction: anyRow }).map((value) => JSON.stringify(value)),
      fc.record({ transactions: fc.array(anyRow, { maxLength: 5 }) }).map((value) => JSON.stringify(value)),
      fc.string(),
    );
    await fc.assert(
      fc.asyncProperty(body, async (text) => {
        const response = await post('/api/score', text);
        await response.arrayBuffer();
        expect([200, 400]).toContain(response.status);
      }),
      { numRuns: 300 },
    );
  });
});

describe('a logged prediction', () => {
  it('is found by its id, with the inputs and the policy that decided', async () => {
    const { predictionId, score } = await bodyOf(await post('/api/score', { transaction: good }));
    const path = `/api/models/fraud/predictions/${predictionId}`;
    await expect.poll(async () => (await get(path)).status, { timeout: 20_000, interval: 200 }).toBe(200);
    const decision: unknown = await (await get(path)).json();
    expect(decision).toMatchObject({
      version: '1',
      policy: { review: 0.1, block: 0.5 },
      event: {
        id: predictionId,
        type: 'tollgate.prediction.v1',
        source: '/models/fraud/versions/1',
        subject: 't-1',
        data: {
          model: 'fraud',
          variant: 'champion',
          pinned: false,
          score,
          inputs: { amount: 912.5, currency: 'CAD' },
        },
      },
    });
    expect((await get('/api/models/fraud/predictions/not-an-id')).status).toBe(404);
    expect((await get(`/api/models/none/predictions/${predictionId}`)).status).toBe(404);
  });
});
