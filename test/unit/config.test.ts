import { describe, expect, it } from 'vitest';
import { ConfigurationError, readSettings } from '../../shared/config.ts';

const local = {
  STORAGE_CONNECTION: 'storage-secret',
  COSMOS_CONNECTION: 'cosmos-secret',
  EVENTHUBS_CONNECTION: 'hubs-secret',
  DEFAULT_MODEL: 'cards',
};

describe('readSettings', () => {
  it('takes connection strings', () => {
    expect(readSettings(local)).toEqual({
      storage: { by: 'connection-string', connectionString: 'storage-secret' },
      cosmos: { by: 'connection-string', connectionString: 'cosmos-secret' },
      eventHubs: { by: 'connection-string', connectionString: 'hubs-secret' },
      predictionLog: 'strict',
      alerts: { format: 'cloudevents' },
      retrainOnDrift: true,
      defaultModel: 'cards',
      logLevel: 'info',
    });
  });

  it("takes the plan of retrains' promotions, with the other fields at their defaults", () => {
    const { retrainPlan } = readSettings({ ...local, RETRAIN_PLAN: '{"checkEvery":"5s"}' });
    expect(retrainPlan).toMatchObject({ checkEvery: '5s', shadow: { bake: '24h' } });
    for (const [text, problem] of [
      ['{', 'RETRAIN_PLAN is not JSON'],
      ['{"checkEvery":"soon"}', 'RETRAIN_PLAN is not a promotion plan (checkEvery'],
    ] as const) {
      expect(() => readSettings({ ...local, RETRAIN_PLAN: text })).toThrow(problem);
    }
  });

  it('takes access by identity', () => {
    const settings = readSettings({
      STORAGE_ACCOUNT_NAME: 'bankstore1',
      COSMOS_ENDPOINT: 'https://bank.documents.azure.com:443/',
      EVENTHUBS_CONNECTION__fullyQualifiedNamespace: 'bank.servicebus.windows.net',
      EVENTHUBS_CONNECTION__clientId: 'hub-id',
      AZURE_CLIENT_ID: 'id',
      DEFAULT_MODEL: 'cards',
    });
    expect(settings.storage).toEqual({
      by: 'identity',
      endpoint: 'https://bankstore1.blob.core.windows.net',
      clientId: 'id',
    });
    expect(settings.eventHubs).toEqual({
      by: 'identity',
      endpoint: 'bank.servicebus.windows.net',
      clientId: 'hub-id',
    });
    expect(settings.cosmos).toEqual({
      by: 'identity',
      endpoint: 'https://bank.documents.azure.com:443/',
      clientId: 'id',
    });
  });

  it('has telemetry where there is somewhere to send it, at a twentieth of the traces', () => {
    const INSIGHTS = 'InstrumentationKey=00000000-0000-4000-8000-000000000000;IngestionEndpoint=https://x/';
    const { telemetry } = readSettings({
      ...local,
      APPLICATIONINSIGHTS_CONNECTION_STRING: INSIGHTS,
      AZURE_CLIENT_ID: 'id',
    });
    expect(telemetry).toEqual({ insights: INSIGHTS, clientId: 'id', ratio: 0.05 });
    const collected = readSettings({
      ...local,
      OTEL_EXPORTER_OTLP_ENDPOINT: 'http://collector:4318',
      TELEMETRY_SAMPLE_RATIO: '1',
    });
    expect(collected.telemetry).toEqual({ collector: 'http://collector:4318', ratio: 1 });
    for (const wrong of ['0', '1.5', 'some'])
      expect(() => readSettings({ ...local, TELEMETRY_SAMPLE_RATIO: wrong })).toThrow(
        /TELEMETRY_SAMPLE_RATIO is/,
      );
    expect(() => readSettings({ ...local, APPLICATIONINSIGHTS_CONNECTION_STRING: 'a secret' })).toThrow(
      /APPLICATIONINSIGHTS_CONNECTION_STRING is not a connection string/,
    );
  });

  it('lists every problem at once, and no value', () => {
    const wrong = () =>
      readSettings({ STORAGE_ACCOUNT_NAME: 'Not Allowed', COSMOS_ENDPOINT: 'http://x', LOG_LEVEL: 'loud' });
    expect(wrong).toThrow(ConfigurationError);
    for (const name of [
      'STORAGE_ACCOUNT_NAME',
      'COSMOS_ENDPOINT',
      'EVENTHUBS_CONNECTION',
      'DEFAULT_MODEL',
      'LOG_LEVEL',
    ]) {
      expect(wrong).toThrow(new RegExp(`^  ${name} `, 'm'));
    }
    expect(wrong).not.toThrow(/Not Allowed|loud/);
  });

  it('takes an empty setting as one that is not set', () => {
    expect(() => readSettings({ ...local, COSMOS_CONNECTION: '' })).toThrow(/COSMOS_CONNECTION is missing/);
    expect(readSettings({ ...local, LOG_LEVEL: '' }).logLevel).toBe('info');
  });
});
