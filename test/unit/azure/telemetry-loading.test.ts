import { execFile } from 'node:child_process';
import { basename, resolve } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { bundleApp } from '../../../tools/build.ts';

const root = resolve(import.meta.dirname, '../../..');

/** Builds the app in a process of its own, as a worker does, and tells which modules Node loaded for it. */
const SCRIPT = `
  import { registerHooks } from 'node:module';
  const loaded = [];
  registerHooks({ load: (url, context, next) => { loaded.push(url); return next(url, context); } });
  const { theApp, closeApp } = await import('./shared/app.ts');
  const app = await theApp();
  await closeApp();
  console.log(JSON.stringify(loaded));
`;

async function modulesOf(env: Record<string, string>): Promise<string[]> {
  const key = Buffer.alloc(64).toString('base64');
  const settings = {
    STORAGE_CONNECTION: `DefaultEndpointsProtocol=http;AccountName=a;AccountKey=${key};BlobEndpoint=http://127.0.0.1:9/a`,
    COSMOS_CONNECTION: `AccountEndpoint=http://127.0.0.1:9/;AccountKey=${key}`,
    EVENTHUBS_CONNECTION: `Endpoint=sb://127.0.0.1:9;SharedAccessKeyName=a;SharedAccessKey=${key};UseDevelopmentEmulator=true`,
    DEFAULT_MODEL: 'cards',
  };
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '--eval', SCRIPT], {
    cwd: root,
    env: { PATH: process.env['PATH'], ...settings, ...env },
    maxBuffer: 10_000_000,
  });
  return z.array(z.string()).parse(JSON.parse(stdout));
}

/** Without OpenTelemetry's API, which prom-client brings along: by itself it does nothing. */
const ofTelemetry = (modules: readonly string[]) =>
  modules.filter((url) => /@opentelemetry\/(?!api\/)|monitor-opentelemetry|start-telemetry|otel-/.test(url));

describe('telemetry', () => {
  it('loads nothing where it is off', async () => {
    const modules = await modulesOf({});
    expect(modules.some((url) => url.endsWith('/shared/azure/telemetry.ts'))).toBe(true);
    expect(ofTelemetry(modules)).toEqual([]);
  });

  it('is loaded where a collector is set', async () => {
    const modules = await modulesOf({ OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:9' });
    expect(ofTelemetry(modules).length).toBeGreaterThan(50);
  });

  it('is in no file that the deployed app loads at its start', async () => {
    const files = new Map(
      (await bundleApp()).files.map(({ path, contents }) => [
        basename(path),
        Buffer.from(contents).toString('utf8'),
      ]),
    );
    const atStart = new Set(['main.js']);
    for (const name of atStart) {
      const imports =
        files.get(name)?.matchAll(/^(?:import|export)\s(?:[^'"]*\sfrom\s)?"\.\/([^"]+)"/gm) ?? [];
      for (const [, other = ''] of imports) atStart.add(other);
    }
    // The bundler names each module above its code.
    const holders = [...files].filter(([, text]) =>
      /^\s*\/\/ node_modules\/@opentelemetry\/sdk-/m.test(text),
    );
    expect(holders.length).toBeGreaterThan(0);
    expect(atStart.size).toBeGreaterThan(3);
    expect(holders.filter(([name]) => atStart.has(name))).toEqual([]);
  });
});
