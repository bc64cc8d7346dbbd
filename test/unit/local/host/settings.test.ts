import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { applyLocalSettings, isDisabled, resolveSettings } from '../../../../local/host/app-settings.ts';
import { parseHostJson } from '../../../../local/host/host-json.ts';

describe('app settings', () => {
  it('come from local.settings.json, and the environment wins', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'settings-'));
    const environment = { KEPT: 'mine' };
    const write = async (content: unknown): Promise<void> => {
      await writeFile(join(folder, 'local.settings.json'), JSON.stringify(content));
    };
    try {
      await applyLocalSettings(folder, environment);
      expect(environment).toEqual({ KEPT: 'mine' });
      await write({
        IsEncrypted: false,
        Values: { KEPT: 'file', NEW: 'file', NUMBER: 1 },
        Host: { CORS: '*' },
      });
      await applyLocalSettings(folder, environment);
      expect(environment).toEqual({ KEPT: 'mine', NEW: 'file', NUMBER: '1' });
      await write({ IsEncrypted: true, Values: {} });
      await expect(applyLocalSettings(folder, {})).rejects.toThrow('is encrypted');
      await write({ Values: { A: {} } });
      await expect(applyLocalSettings(folder, {})).rejects.toThrow('local.settings.json');
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  it('replace %NAME%, whatever its case, with __ for a colon', () => {
    const environment = { HUB: 'events', Nested__Name: 'inner', EMPTY: '' };
    expect(resolveSettings('%HUB%-%hub%', environment)).toBe('events-events');
    expect(resolveSettings('%Nested:Name% 100%%', environment)).toBe('inner 100%');
    expect(() => resolveSettings('a %MISSING%', environment)).toThrow('the app setting MISSING is missing');
    expect(() => resolveSettings('%EMPTY%', environment)).toThrow('the app setting EMPTY is missing');
  });

  it('switch functions off by name', () => {
    expect(isDisabled('score', { 'AzureWebJobs.score.Disabled': 'true' })).toBe(true);
    expect(isDisabled('score', { AzureWebJobs_score_Disabled: '1' })).toBe(true);
    expect(isDisabled('score', { 'AzureWebJobs.score.Disabled': 'false' })).toBe(false);
    expect(isDisabled('score', { 'AzureWebJobs.other.Disabled': 'true' })).toBe(false);
  });
});

describe('host.json', () => {
  const parse = (content: unknown, environment = {}) =>
    parseHostJson(JSON.stringify(content), environment, 'host.json');

  it('has a route prefix, api by default, without slashes at its ends', () => {
    expect(parse({ version: '2.0' }).routePrefix).toBe('api');
    expect(parse({ version: '2.0', extensions: { http: { routePrefix: '' } } }).routePrefix).toBe('');
    expect(parse({ version: '2.0', extensions: { http: { routePrefix: '/v1/x/' } } }).routePrefix).toBe(
      'v1/x',
    );
  });

  it('has log levels, in any case', () => {
    const { logLevels } = parse({
      version: '2.0',
      logging: { logLevel: { default: 'WARNING', 'Host.General': 'None' } },
    });
    expect(Object.fromEntries(logLevels)).toEqual({ default: 'warning', 'Host.General': 'none' });
    expect(() => parse({ version: '2.0', logging: { logLevel: { default: 'loud' } } })).toThrow(
      '"loud" is not a log level',
    );
  });

  it('is overridden by the environment', () => {
    const environment = {
      AzureFunctionsJobHost__extensions__HTTP__routePrefix: 'v2',
      AzureFunctionsJobHost__logging__logLevel__default: 'Error',
    };
    const { routePrefix, logLevels } = parse(
      { version: '2.0', extensions: { http: { routePrefix: 'v1' } } },
      environment,
    );
    expect(routePrefix).toBe('v2');
    expect(logLevels.get('default')).toBe('error');
  });

  it('names itself when it is wrong', () => {
    expect(() => parse({ version: '1.0' })).toThrow(/host\.json:[\s\S]*must be "2\.0"/);
    expect(() => parseHostJson('{', {}, 'host.json')).toThrow('host.json is not JSON');
  });
});
