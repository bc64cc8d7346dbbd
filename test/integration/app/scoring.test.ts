import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import * as fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type AppStack, startAppStack, trainSmall } from '../../fixtures/app-stack.ts';
import { bodyOf } from '../../fixtures/http.ts';
import { bankDefinition, bankRows } from '../../fixtures/bank-rows.ts';

const good = {
  transaction_id: 't-1',
  transaction_ts: '2026-03-02T03:14:00Z',
  customer_id: 'C42',
  amount: 912.5,
  currency: 'CAD',
  merchant_category: 'electronics',
  ip_geo_country: 'DE',
  customer_tenure_days: 21,
  avg_monthly_spend: 640,
  num_prev_tx_24h: 9,
};

let running: AppStack;
beforeAll(async () => {
  running = await startAppStack();
}, 120_000);
afterAll(async () => {
  await running.stop();
});

const post = (path: string, body: unknown, headers: Record<string, string> = {}) =>
  fetch(running.url + path, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: typeof body === 'string' || body instanceof Uint8Array ? body : JSON.stringify(body),
  });
const get = (path: string) => fetch(running.url + path);

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
    const row = await running.app.registry.version('fraud', '1');
    const bytes = await running.app.models.read('fraud/1/samples.json');
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

describe('a second model', () => {
  it('is trained and served beside the first with nothing but its folder', async () => {
    await trainSmall(running.app, await bankDefinition(), bankRows(), 1);
    const transaction = {
      age: 58,
      job: 'management',
      marital: 'married',
      education: 'tertiary',
      default: 'no',
      balance: 2143,
    };
    const rest = {
      housing: 'yes',
      loan: 'no',
      contact: 'unknown',
      day: 5,
      month: 'may',
      campaign: 1,
      pdays: -1,
      previous: 0,
      poutcome: 'unknown',
    };
    const response = await post('/api/models/bank-marketing/score', {
      transaction: { ...transaction, ...rest },
    });
    expect(response.status).toBe(200);
    expect(await bodyOf(response)).toMatchObject({ model: 'bank-marketing', version: '1' });
    const { items } = await bodyOf(await get('/api/models'));
    expect(items.map((item) => [item.model, item.isDefault])).toEqual([
      ['bank-marketing', false],
      ['fraud', true],
    ]);
  });
});

describe('the API document', () => {
  it('describes the real replies of every route', async () => {
    const response = await get('/api/openapi.json');
    expect(response.status).toBe(200);
    const document = await bodyOf(response);
    const ajv = new Ajv2020({ strict: false, allErrors: true });
    addFormats.default(ajv);
    // The document as a whole is no schema; those inside it are checked when they are compiled.
    ajv.addSchema(document, 'api', undefined, false);
    const pointer = (text: string) => text.replaceAll('~', '~0').replaceAll('/', '~1');
    const checked = new Set<string>();
    const check = async (template: string, method: string, reply: Response) => {
      const type = reply.headers.get('content-type')?.split(';')[0] ?? '';
      const place = `api#/paths/${pointer(template)}/${method}/responses/${reply.status}/content/${pointer(type)}/schema`;
      const validate = ajv.getSchema(encodeURI(place));
      expect(validate, `${method} ${template} is not described for ${reply.status} ${type}`).toBeDefined();
      const body: unknown = type === 'text/html' ? await reply.text() : await reply.json();
      expect(validate?.(body), `${place}: ${ajv.errorsText(validate?.errors)}`).toBe(true);
      checked.add(`${method} ${template}`);
    };
    const broken = { transaction: { ...good, amount: 'much' } };
    for (const path of ['/api/score', '/api/models/fraud/score']) {
      for (const body of [{ transaction: good }, { transactions: [good, good] }, broken]) {
        await check(path, 'post', await post(path, body));
      }
      await check(path, 'post', await post(path, '{', {}));
      await check(path, 'post', await post(path, '{}', { 'content-type': 'text/plain' }));
      await check(path, 'post', await post(path, { transactions: Array(1_001).fill({}) }));
    }
    await check(
      '/api/models/{model}/score',
      'post',
      await post('/api/models/none/score', { transaction: good }),
    );
    await check(
      '/api/models/bank-marketing/score',
      'post',
      await post('/api/models/bank-marketing/score', broken),
    );
    await check('/score', 'post', await post('/score', { features: good }));
    await check('/score', 'post', await post('/score', {}));
    for (const [template, path] of [
      ['/api/models', '/api/models?limit=1'],
      ['/api/models', '/api/models?limit=0'],
      ['/api/models/{model}', '/api/models/fraud'],
      ['/api/models/{model}', '/api/models/none'],
      ['/api/models/{model}/versions', '/api/models/fraud/versions'],
      ['/api/models/{model}/versions', '/api/models/none/versions'],
      ['/api/models/{model}/versions/{version}', '/api/models/fraud/versions/1'],
      ['/api/models/{model}/versions/{version}', '/api/models/fraud/versions/99'],
      ['/api/models/{model}/traffic', '/api/models/fraud/traffic'],
      ['/api/models/{model}/traffic', '/api/models/none/traffic'],
      [
        '/api/models/{model}/predictions/{predictionId}',
        '/api/models/fraud/predictions/01a1feb5-2db4-71a8-a24a-2df1d67ce987',
      ],
      ['/api/health/live', '/api/health/live'],
      ['/api/health/ready', '/api/health/ready'],
      ['/api/openapi.json', '/api/openapi.json'],
      ['/api/docs', '/api/docs'],
    ] as const) {
      await check(template, 'get', await get(path));
    }
    const described = Object.entries<object>(document.paths).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `${method} ${path}`),
    );
    expect([...checked].toSorted()).toEqual(described.toSorted());
  });

  it('has a page that asks nothing of the internet', async () => {
    const page = await (await get('/api/docs')).text();
    const assets = [...page.matchAll(/(?:src|href)="([^"]+)"/g)].map((match) => match[1] ?? '');
    expect(assets).toHaveLength(3);
    for (const asset of assets) expect((await get(asset)).status, asset).toBe(200);
    expect(page + (await (await get('/api/docs/start.js')).text())).not.toMatch(/https?:\/\//);
    expect((await get('/api/docs/package.json')).status).toBe(404);
  });
});

describe('lists', () => {
  it('page through versions, newest first', async () => {
    const { app } = running;
    await trainSmall(app, await bankDefinition(), bankRows(), 2);
    await trainSmall(app, await bankDefinition(), bankRows(), 3);
    const first = await bodyOf(await get('/api/models/bank-marketing/versions?limit=2'));
    expect(first.items.map((item) => item.version)).toEqual(['3', '2']);
    const second = await bodyOf(await get(`/api/models/bank-marketing/versions?limit=2&after=${first.next}`));
    expect(second.items.map((item) => [item.version, item.state])).toEqual([['1', 'champion']]);
    expect(second.next).toBeUndefined();
  });

  it('gives versions that are registered at the same moment numbers of their own, and keeps the champion', async () => {
    const { app } = running;
    const definition = await bankDefinition();
    const before = await app.registry.versions('bank-marketing', 1);
    const newest = Number(before.items[0]?.version);
    const versions = await Promise.all(
      [4, 5, 6].map((seed) => trainSmall(app, definition, bankRows(), seed)),
    );
    expect(versions.map(Number).toSorted((a, b) => a - b)).toEqual([newest + 1, newest + 2, newest + 3]);
    expect((await app.registry.traffic('bank-marketing'))?.row.champion.version).toBe('1');
    for (const version of versions) {
      expect((await get(`/api/models/bank-marketing/versions/${version}`)).status).toBe(200);
    }
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
