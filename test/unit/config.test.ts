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
      defaultModel: 'cards',
      logLevel: 'info',
    });
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
