import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { ingest } from '../../../tools/ingest.ts';
import { readDefinition } from '../../../tools/model-folders.ts';
import { fraudRows, trainSmall } from '../../fixtures/app-stack.ts';
import { bankDefinition, bankRows } from '../../fixtures/bank-rows.ts';
import { goodTransaction as good } from '../../fixtures/fraud-rows.ts';
import { bodyOf } from '../../fixtures/http.ts';
import { withFiles } from '../../fixtures/row-files.ts';
import { servedApp } from '../../fixtures/served-app.ts';

const { running, get, post } = servedApp();
const promotionSchema = z.object({ promotionId: z.string() });

describe('a second model', () => {
  it('is trained and served beside the first with nothing but its folder', async () => {
    await trainSmall(running().app, await bankDefinition(), bankRows(), 1);
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
      const body: unknown = type.startsWith('text/') ? await reply.text() : await reply.json();
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
    // A promotion that really runs, and is ended again.
    const second = await trainSmall(running().app, await readDefinition('fraud'), await fraudRows(), 2);
    const promotions = '/api/models/{model}/promotions';
    const started = await post('/api/models/fraud/promotions', { version: second });
    const { promotionId } = promotionSchema.parse(await started.clone().json());
    await check(promotions, 'post', started);
    await check(promotions, 'post', await post('/api/models/fraud/promotions', { version: second }));
    await check(promotions, 'post', await post('/api/models/fraud/promotions', { version: 7 }));
    const own = `/api/models/fraud/promotions/${promotionId}`;
    await check(promotions, 'get', await get('/api/models/fraud/promotions'));
    await check(`${promotions}/{promotionId}`, 'get', await get(own));
    await check(
      `${promotions}/{promotionId}/approve`,
      'post',
      await post(`${own}/approve`, { approvedBy: 'someone' }),
    );
    const abort = { abortedBy: 'someone', reason: 'this was a test' };
    await check(`${promotions}/{promotionId}/abort`, 'post', await post(`${own}/abort`, abort));
    const retrain = '/api/models/{model}/retrain';
    await check(retrain, 'post', await post('/api/models/fraud/retrain', { reason: 7 }));
    await check(retrain, 'post', await post('/api/models/none/retrain', { reason: 'a test' }));
    await check('/api/models/{model}/runs', 'get', await get('/api/models/fraud/runs'));
    await check('/api/models/{model}/runs/{runId}', 'get', await get('/api/models/fraud/runs/none'));
    const drift = '/api/models/{model}/drift';
    const report = await post('/api/models/fraud/drift', {});
    const { id } = z.object({ id: z.string() }).parse(await report.clone().json());
    await check(drift, 'post', report);
    await check(drift, 'post', await post('/api/models/fraud/drift', { to: '2126-01-01' }));
    await check(drift, 'post', await post('/api/models/none/drift', {}));
    for (const accept of ['application/json', 'text/html']) {
      await check(drift, 'get', await get('/api/models/fraud/drift', { accept }));
      await check(`${drift}/{id}`, 'get', await get(`/api/models/fraud/drift/${id}`, { accept }));
    }
    await check(`${drift}/{id}`, 'get', await get('/api/models/fraud/drift/none'));
    await check(`${drift}/history`, 'get', await get('/api/models/fraud/drift/history?limit=1'));
    const rollback = { requestedBy: 'someone', reason: 'there is nothing to return to' };
    await check('/api/models/{model}/rollback', 'post', await post('/api/models/fraud/rollback', rollback));
    const predictionId = '01a1feb5-2db4-71a8-a24a-2df1d67ce987';
    for (const labels of [[{ predictionId, label: 1, model: 'fraud' }], [], Array(1_001).fill({})])
      await check('/api/labels', 'post', await post('/api/labels', { labels }));
    const found = `/api/labels/${predictionId}`;
    await expect.poll(async () => (await get(found)).status).toBe(200);
    await check('/api/labels/{predictionId}', 'get', await get(found));
    await check('/api/labels/{predictionId}', 'get', await get('/api/labels/none'));
    await withFiles(new Map([['rows.csv', await fraudRows()]]), (pathOf) =>
      ingest(running().app, 'fraud', { file: pathOf('rows.csv') }, () => undefined),
    );
    for (const [template, path] of [
      ['/api/models/{model}/datasets', '/api/models/fraud/datasets?limit=1'],
      ['/api/models/{model}/datasets', '/api/models/none/datasets'],
      ['/api/models/{model}/datasets/{version}', '/api/models/fraud/datasets/1'],
      ['/api/models/{model}/datasets/{version}', '/api/models/fraud/datasets/99'],
      ['/api/models', '/api/models?limit=1'],
      ['/api/models', '/api/models?limit=0'],
      ['/api/models/{model}', '/api/models/fraud'],
      ['/api/models/{model}', '/api/models/none'],
      ['/api/models/{model}/versions', '/api/models/fraud/versions'],
      ['/api/models/{model}/versions', '/api/models/none/versions'],
      ['/api/models/{model}/versions/{version}', '/api/models/fraud/versions/1'],
      ['/api/models/{model}/versions/{version}', '/api/models/fraud/versions/99'],
      ['/api/models/{model}/versions/{version}/card', '/api/models/fraud/versions/1/card'],
      ['/api/models/{model}/versions/{version}/card', '/api/models/fraud/versions/99/card'],
      ['/api/models/{model}/versions/{version}/lineage', `/api/models/fraud/versions/${second}/lineage`],
      ['/api/models/{model}/versions/{version}/lineage', '/api/models/fraud/versions/99/lineage'],
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
      ['/dashboard', '/dashboard'],
      ['/api/models/{model}/performance', '/api/models/fraud/performance?window=hour'],
      ['/api/models/{model}/performance', '/api/models/fraud/performance?window=week'],
      ['/api/models/{model}/performance', '/api/models/none/performance'],
      ['/api/metrics', '/api/metrics'],
      ['/api/models/{model}/minutes', '/api/models/fraud/minutes'],
      ['/api/models/{model}/minutes', '/api/models/fraud/minutes?from=never'],
      ['/api/models/{model}/minutes', '/api/models/none/minutes'],
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
    const { app } = running();
    await trainSmall(app, await bankDefinition(), bankRows(), 2);
    await trainSmall(app, await bankDefinition(), bankRows(), 3);
    const first = await bodyOf(await get('/api/models/bank-marketing/versions?limit=2'));
    expect(first.items.map((item) => item.version)).toEqual(['3', '2']);
    const second = await bodyOf(await get(`/api/models/bank-marketing/versions?limit=2&after=${first.next}`));
    expect(second.items.map((item) => [item.version, item.state])).toEqual([['1', 'champion']]);
    expect(second.next).toBeUndefined();
  });

  it('gives versions that are registered at the same moment numbers of their own, and keeps the champion', async () => {
    const { app } = running();
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
