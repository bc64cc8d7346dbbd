import { gunzipSync } from 'node:zlib';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { z } from 'zod';
import { startTelemetry } from '../../../shared/azure/start-telemetry.ts';

const TRACE = '00000000000000000000000000000001';
const SETTINGS = {
  insights:
    'InstrumentationKey=00000000-0000-4000-8000-000000000000;IngestionEndpoint=https://insights.invalid',
  clientId: undefined,
  collector: undefined,
  ratio: 1,
};

const envelopeSchema = z.object({
  tags: z.record(z.string(), z.string()),
  data: z.object({
    baseType: z.string(),
    baseData: z.object({
      name: z.string().optional(),
      metrics: z.array(z.object({ name: z.string(), value: z.number() })).optional(),
      properties: z.record(z.string(), z.string()).optional(),
    }),
  }),
});
type Envelope = z.infer<typeof envelopeSchema>;
type Transport = NonNullable<Parameters<typeof startTelemetry>[1]>;

/** What Application Insights is sent, at the end of the exporter's own pipeline. */
function ingestion(): { readonly taken: Envelope[]; readonly transport: Transport } {
  const taken: Envelope[] = [];
  const sendRequest: NonNullable<Transport['httpClient']>['sendRequest'] = (request) => {
    const body = z.union([z.string(), z.instanceof(Uint8Array)]).parse(request.body);
    const text = typeof body === 'string' ? body : gunzipSync(body).toString('utf8');
    const items = z.array(envelopeSchema).parse(JSON.parse(text));
    taken.push(...items);
    const bodyAsText = JSON.stringify({
      itemsReceived: items.length,
      itemsAccepted: items.length,
      errors: [],
    });
    return Promise.resolve({ request, status: 200, headers: request.headers, bodyAsText });
  };
  return { taken, transport: { httpClient: { sendRequest } } };
}

beforeEach(() => {
  // The exporter would tell its maker of itself.
  vi.stubEnv('APPLICATION_INSIGHTS_NO_STATSBEAT', 'true');
  return () => vi.unstubAllEnvs();
});

describe('Application Insights', () => {
  it('gets events, metrics and spans in the tables that the queries read', async () => {
    const { taken, transport } = ingestion();
    const telemetry = await startTelemetry(SETTINGS, transport);
    await telemetry.span('score', { parent: `00-${TRACE}-00000000000000aa-00` }, async () => {
      telemetry.event('tollgate.prediction', { model: 'cards', score: 0.25 }, 'sample');
      telemetry.count('tollgate.log.spilled', 3, { hub: 'predictions' });
    });
    await telemetry.close();
    const byType = Object.groupBy(taken, ({ data }) => data.baseType);
    const tags = { 'ai.operation.id': TRACE, 'ai.cloud.role': 'tollgate' };
    const properties = { model: 'cards', score: '0.25', weight: '1' };
    expect(byType['EventData']).toMatchObject([
      { tags, data: { baseData: { name: 'tollgate.prediction', properties } } },
    ]);
    expect(byType['RemoteDependencyData']).toMatchObject([{ tags, data: { baseData: { name: 'score' } } }]);
    expect(byType['MetricData']?.map(({ data }) => data.baseData)).toContainEqual({
      metrics: [{ name: 'tollgate.log.spilled', value: 3 }],
      properties: { hub: 'predictions' },
    });
    // The host's, which would count twice.
    expect(byType['RequestData']).toBeUndefined();
  });

  it('does not keep the app from ending when it does not answer', async () => {
    const telemetry = await startTelemetry(SETTINGS, {
      httpClient: { sendRequest: () => new Promise(() => undefined) },
    });
    await telemetry.span('score', {}, () => Promise.resolve());
    await expect(telemetry.close()).resolves.toBeUndefined();
  });
});
