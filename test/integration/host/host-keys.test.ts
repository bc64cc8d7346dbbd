import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { fixture, send, startHostProcess, temporaryFolder, type HostProcess } from './host-process.ts';

const app = fixture('sample-app');

describe('with keys enforced', () => {
  let host: HostProcess;
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  const keysFile = z.object({
    masterKey: z.string(),
    hostKeys: z.object({ default: z.string() }),
    functionKeys: z.record(z.string(), z.object({ default: z.string() })),
  });
  let keys: z.infer<typeof keysFile>;

  beforeAll(async () => {
    folder = await temporaryFolder();
    host = await startHostProcess({ app, state: folder.path, arguments: ['--auth'] });
    keys = keysFile.parse(JSON.parse(await readFile(join(folder.path, 'keys.json'), 'utf8')));
  });
  afterAll(async () => {
    await host.stop();
    await folder.remove();
  });

  const status = async (path: string, key?: string): Promise<number | undefined> =>
    (await send(host.port, path, key === undefined ? {} : { headers: { 'x-functions-key': key } })).status;

  it('makes random keys that only the owner can read, and keeps them', async () => {
    expect((await stat(join(folder.path, 'keys.json'))).mode & 0o777).toBe(0o600);
    expect(keys.masterKey.length).toBeGreaterThan(40);
    expect(
      new Set([keys.masterKey, keys.hostKeys.default, keys.functionKeys['forFunctions']?.default]).size,
    ).toBe(3);
    const again = await startHostProcess({ app, state: folder.path, arguments: ['--auth'] });
    await again.stop();
    expect(keysFile.parse(JSON.parse(await readFile(join(folder.path, 'keys.json'), 'utf8')))).toEqual(keys);
  });

  it('answers 401 without a body to a missing or wrong key', async () => {
    const reply = await send(host.port, '/sample/forFunctions');
    expect(reply).toMatchObject({ status: 401, body: '' });
    expect(await status('/sample/forFunctions', 'wrong')).toBe(401);
    expect(await status('/sample/forFunctions?code=wrong')).toBe(401);
    expect(await status('/sample/forFunctions', keys.functionKeys['forAdmins']?.default)).toBe(401);
  });

  it('takes the key of the function, of the host and the master key, in the header or the query', async () => {
    for (const key of [keys.functionKeys['forFunctions']?.default, keys.hostKeys.default, keys.masterKey]) {
      expect(await status('/sample/forFunctions', key)).toBe(200);
      expect(await status(`/sample/forFunctions?a=1&code=${key ?? ''}`)).toBe(200);
    }
  });

  it('takes only the master key where admin is asked for', async () => {
    expect(await status('/sample/forAdmins', keys.hostKeys.default)).toBe(401);
    expect(await status('/sample/forAdmins', keys.functionKeys['forAdmins']?.default)).toBe(401);
    expect(await status('/sample/forAdmins', keys.masterKey)).toBe(200);
  });

  it('asks nobody for a key to an anonymous function, and says 404 before it asks', async () => {
    expect(await status('/sample/plain')).toBe(200);
    expect(await status('/sample/none')).toBe(404);
  });
});
