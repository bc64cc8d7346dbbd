import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Entry, openPromise } from 'yauzl';
import { z } from 'zod';
import { type AppStack, startAppStack } from '../../fixtures/app-stack.ts';
import { goodTransaction } from '../../fixtures/fraud-rows.ts';
import { command } from './command.ts';

const VERSION = '0.1.0+1a2b3c4';
const packaged = z.object({
  file: z.string(),
  version: z.string(),
  files: z.int(),
  bytes: z.int(),
  sha256: z.string(),
});

let folder: string;
let zip: string;
let made: z.infer<typeof packaged>;
let entries: Entry[];
let said: string;

/** Unpacks a zip as Azure does. */
async function unzipped(file: string, into: string): Promise<Entry[]> {
  const archive = await openPromise(file, { autoClose: false });
  const found: Entry[] = [];
  for await (const entry of archive.eachEntry()) {
    found.push(entry);
    const path = join(into, entry.fileName);
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, await buffer(await archive.openReadStreamPromise(entry)));
  }
  archive.close();
  return found;
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tollgate-package-'));
  zip = join(folder, 'one.zip');
  const first = await command('package', ['--out', zip], { TOLLGATE_COMMIT: '1a2b3c4' });
  said = first.errors;
  made = packaged.parse(first.result());
  entries = await unzipped(zip, join(folder, 'app'));
}, 180_000);
afterAll(() => rm(folder, { recursive: true, force: true }));

describe('the package', () => {
  it('has the same bytes when it is made again, in another zone of time', async () => {
    const again = await command('package', ['--out', join(folder, 'two.zip'), '--commit', '1a2b3c4'], {
      TZ: 'Pacific/Auckland',
    });
    expect(packaged.parse(again.result()).sha256).toBe(made.sha256);
    expect(await readFile(join(folder, 'two.zip'))).toEqual(await readFile(zip));
  }, 120_000);

  it('is a fraction of what it may be, and says how large it is', async () => {
    expect(made).toMatchObject({
      version: VERSION,
      files: entries.length,
      bytes: (await readFile(zip)).length,
    });
    expect(made.bytes).toBeLessThan(25 * 1024 * 1024);
    expect(said).toContain('of at most 80.0 MiB');
  });

  it('holds the bundle and what is outside of it for linux-x64, in order, with one date and mode', () => {
    const names = entries.map(({ fileName }) => fileName);
    expect(names).toEqual([...names].sort());
    const kinds = names.map((name) => name.replace(/^(node_modules\/[^/]+|[^/]+)\/.*$/, '$1'));
    expect([...new Set(kinds)]).toEqual([
      'THIRD-PARTY-NOTICES.txt',
      'dist',
      'host.json',
      'node_modules/onnxruntime-common',
      'node_modules/onnxruntime-node',
      'node_modules/swagger-ui-dist',
      'package.json',
    ]);
    expect(names).toEqual(
      expect.arrayContaining(['dist/main.js', 'dist/dashboard.js', 'dist/dashboard.css']),
    );
    expect(names.filter((name) => /\.(map|ts)$|\/(darwin|win32|arm64)\/|local\.settings/.test(name))).toEqual(
      [],
    );
    expect(new Set(entries.map(({ externalFileAttributes }) => externalFileAttributes >>> 16))).toEqual(
      new Set([0o100644]),
    );
    expect(
      new Set(entries.map((entry) => entry.getLastModDate({ forceDosFormat: true }).getFullYear())),
    ).toEqual(new Set([1980]));
  });

  it('names the packages that it brings, and asks for no others', async () => {
    const manifest: unknown = JSON.parse(await readFile(join(folder, 'app', 'package.json'), 'utf8'));
    expect(manifest).toMatchObject({ version: VERSION, type: 'module', main: 'dist/main.js' });
    expect(manifest).not.toHaveProperty('devDependencies');
    expect(manifest).not.toHaveProperty('scripts');
    const { dependencies } = z.object({ dependencies: z.record(z.string(), z.string()) }).parse(manifest);
    expect(Object.keys(dependencies)).toEqual(['onnxruntime-node', 'swagger-ui-dist']);
    const brought = await readdir(join(folder, 'app', 'node_modules'));
    expect(brought).toEqual(expect.arrayContaining(Object.keys(dependencies)));
  });

  it('has the notices of packages in the bundle, on the pages and outside of both, and of no others', async () => {
    const text = await readFile(join(folder, 'app', 'THIRD-PARTY-NOTICES.txt'), 'utf8');
    const named = [...text.matchAll(/^={80}\n\n(\S+) \S+\nLicence: \S/gm)].map((match) => match[1]);
    expect(named).toEqual(expect.arrayContaining(['onnxruntime-node', 'swagger-ui-dist', 'uplot', 'zod']));
    expect(named).not.toContain('esbuild');
    expect(text).not.toContain(process.cwd());
  });
});

describe('unpacked in a folder without development packages', () => {
  let running: AppStack;
  beforeAll(async () => {
    running = await startAppStack({}, undefined, { app: join(folder, 'app') });
  }, 120_000);
  afterAll(() => running.stop());

  it('scores under the embedded host', async () => {
    const reply = await fetch(`${running.url}/api/score`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ transaction: goodTransaction }),
    });
    expect(await reply.json()).toMatchObject({ model: 'fraud', version: '1', variant: 'champion' });
    expect(reply.status).toBe(200);
  });

  it('serves its pages', async () => {
    for (const path of [
      '/api/docs',
      '/api/docs/swagger-ui-bundle.js',
      '/dashboard',
      '/dashboard/dashboard.js',
    ]) {
      const reply = await fetch(running.url + path);
      expect([path, reply.status, (await reply.text()).length > 100]).toEqual([path, 200, true]);
    }
  });

  it('passes the smoke test of its version', async () => {
    const args = ['--url', running.url, '--expect-version', VERSION, '--wait', '30'];
    const { code, errors } = await command('smoke', args);
    expect([code, errors]).toEqual([0, expect.stringContaining(`version ${VERSION}`)]);
  }, 90_000);

  it('fails the smoke test of another version', async () => {
    const args = ['--url', running.url, '--expect-version', '0.1.0+other', '--wait', '1'];
    const { code, errors } = await command('smoke', args);
    expect(code).toBe(1);
    expect(errors).toContain(`version ${VERSION} answers and not 0.1.0+other (after waiting 1 s)`);
    expect(errors.trim()).toMatch(/Failed: live$/);
  });
});

it('refuses a commit that could not stand in a version', async () => {
  expect(await command('package', ['--commit', 'a b'])).toMatchObject({ code: 2 });
});
