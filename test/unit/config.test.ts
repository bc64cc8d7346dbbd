import { describe, expect, it } from 'vitest';
import { ConfigurationError, readSettings } from '../../shared/config.ts';

const TENANT = '11111111-2222-4333-8444-555555555555';
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

  it('asks for keys, unless tokens of a tenant are to be taken', () => {
    expect(readSettings({ ...local, AUTH_MODE: 'keys' }).entra).toBeUndefined();
    const entra = { ...local, AUTH_MODE: 'entra', ENTRA_TENANT_ID: TENANT, ENTRA_AUDIENCE: 'the app' };
    expect(readSettings(entra).entra).toEqual({
      issuer: `https://login.microsoftonline.com/${TENANT}/v2.0`,
      audience: 'the app',
      keysUrl: new URL(`https://login.microsoftonline.com/${TENANT}/discovery/v2.0/keys`),
    });
    const elsewhere = readSettings({ ...entra, ENTRA_AUTHORITY: 'https://login.microsoftonline.us/' });
    expect(elsewhere.entra?.issuer).toBe(`https://login.microsoftonline.us/${TENANT}/v2.0`);
  });

  it('names what AUTH_MODE=entra lacks, and takes no issuer that somebody in between could be', () => {
    const entra = { ...local, AUTH_MODE: 'entra' };
    expect(() => readSettings(entra)).toThrow(
      /^ {2}ENTRA_TENANT_ID is missing.*\n {2}ENTRA_AUDIENCE is missing/m,
    );
    expect(() => readSettings({ ...entra, ENTRA_TENANT_ID: 'common', ENTRA_AUDIENCE: 'the app' })).toThrow(
      /ENTRA_TENANT_ID is not the id of a tenant/,
    );
    for (const wrong of ['http://login.example', 'http://127.0.0.1.example', 'login.example'])
      expect(() => readSettings({ ...local, ENTRA_AUTHORITY: wrong })).toThrow(/ENTRA_AUTHORITY is not/);
    expect(() => readSettings({ ...local, AUTH_MODE: 'Entra' })).toThrow(/AUTH_MODE /);
  });

  it('takes an empty setting as one that is not set', () => {
    expect(() => readSettings({ ...local, COSMOS_CONNECTION: '' })).toThrow(/COSMOS_CONNECTION is missing/);
    expect(readSettings({ ...local, LOG_LEVEL: '' }).logLevel).toBe('info');
  });
});
