import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { z } from 'zod';
import { type AppStack, startAppStack } from '../../fixtures/app-stack.ts';
import { command } from './command.ts';

const report = z.object({
  passed: z.boolean(),
  checks: z.array(z.object({ check: z.string(), result: z.string(), detail: z.string() })),
});
const keysFile = z.object({ hostKeys: z.object({ default: z.string() }) });

/** Runs the smoke test. @returns its exit code, and each check with its result */
async function smoke(url: string, args: readonly string[] = [], env: Record<string, string> = {}) {
  const { code, result, errors } = await command('smoke', ['--url', url, ...args], env);
  const { passed, checks } = report.parse(result());
  return {
    code,
    passed,
    errors,
    checks,
    results: Object.fromEntries(checks.map((one) => [one.check, one.result])),
  };
}

describe('an app that asks for keys', () => {
  let running: AppStack;
  let home: string;
  let key: string;
  beforeAll(async () => {
    home = await mkdtemp(join(tmpdir(), 'tollgate-smoke-'));
    running = await startAppStack({}, home, { auth: true });
    key = keysFile.parse(JSON.parse(await readFile(join(home, 'host', 'keys.json'), 'utf8'))).hostKeys
      .default;
  }, 120_000);
  afterAll(async () => {
    await running.stop();
    await rm(home, { recursive: true, force: true });
  });

  it('passes with its key, which may come by the environment, and says nothing of the key', async () => {
    const { code, results, errors, checks } = await smoke(running.url, ['--wait', '30'], {
      TOLLGATE_KEY: key,
    });
    expect([code, errors]).toEqual([0, expect.not.stringContaining('failed')]);
    expect(results).toEqual(
      Object.fromEntries(
        [
          'live',
          'ready',
          'traffic',
          'score',
          'label',
          'record',
          'error 400',
          'error 404',
          'error 415',
          'error 401',
        ].map((check) => [check, 'passed']),
      ),
    );
    expect(JSON.stringify(checks) + errors).not.toContain(key);
  }, 90_000);

  it('fails without a key, at whatever needs one', async () => {
    const { code, results, errors } = await smoke(running.url, ['--wait', '5']);
    expect(code).toBe(1);
    expect(results).toMatchObject({ live: 'passed', ready: 'passed', traffic: 'failed', score: 'not tried' });
    expect(errors).toMatch(/Failed: traffic, error 400, error 404, error 415$/m);
  }, 60_000);

  it('runs a drift check and keeps the report', async () => {
    const out = join(home, 'report.json');
    const args = [
      '--url',
      running.url,
      '--action',
      'drift',
      '--model',
      'fraud',
      '--reason',
      'test',
      '--out',
      out,
    ];
    const { code, errors } = await command('operate', args, { TOLLGATE_KEY: key });
    expect([code, errors]).toEqual([0, '']);
    expect(JSON.parse(await readFile(out, 'utf8'))).toMatchObject({ model: 'fraud', drifted: false });
  });

  it('does not take a refused retrain for one', async () => {
    const args = ['--url', running.url, '--action', 'retrain', '--model', 'nothing', '--reason', 'test'];
    const { code, errors } = await command('operate', [...args, '--out', join(home, 'none.json')], {
      TOLLGATE_KEY: key,
    });
    expect([code, errors]).toEqual([1, expect.stringContaining('answered 404 and not 202')]);
  });
});

describe('a broken app', () => {
  /** Answers every request as it is told. */
  async function brokenApp(answer: (path: string) => [status: number, body: unknown]): Promise<string> {
    const server = createServer((request, response) => {
      const [status, body] = answer(request.url ?? '');
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    onTestFinished(() => void server.close());
    const address = server.address();
    return `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`;
  }

  it('fails where it is not ready, naming the reason', async () => {
    const url = await brokenApp((path) =>
      path.endsWith('/live') ? [200, { status: 'live', version: '1' }] : [503, { status: 'unavailable' }],
    );
    const { code, passed, errors } = await smoke(url, ['--wait', '1']);
    expect([code, passed]).toEqual([1, false]);
    expect(errors).toContain('answered 503 and not 200: {"status":"unavailable"}');
  });

  it('fails at a reply of another shape', async () => {
    const url = await brokenApp(() => [200, { status: 'live', version: '1' }]);
    const { code, errors } = await smoke(url, ['--wait', '0']);
    expect(code).toBe(1);
    expect(errors).toMatch(/^failed {4}traffic .*items/m);
    expect(errors).toMatch(/^failed {4}error 404 .*answered 200 and not 404/m);
  });

  it('fails where another version answers, and where anybody is let in', async () => {
    const scored = {
      predictionId: '0199f3a0-0000-7000-8000-000000000000',
      model: 'fraud',
      version: '2',
      variant: 'champion',
      score: 0.5,
      decision: 'approve',
    };
    const replies: Record<string, unknown> = {
      '/api/health/live': { status: 'live', version: '1' },
      '/api/health/ready': { status: 'ready' },
      '/api/models': { items: [{ model: 'fraud', isDefault: true }] },
      '/api/models/fraud/traffic': { champion: { version: '1' }, canary: null, shadow: null },
      '/api/score': scored,
    };
    const url = await brokenApp((path) => [200, replies[path]]);
    const { checks, errors } = await smoke(url, ['--wait', '0', '--key', 'k']);
    expect(checks.find(({ check }) => check === 'score')).toMatchObject({
      result: 'failed',
      detail: "version 2 of 'fraud' has answered",
    });
    expect(errors).toMatch(/^failed {4}error 401 answered 200 to a caller without a key/m);
  });

  it('fails where nobody answers, and tries nothing else', async () => {
    const closed = createServer().listen(0, '127.0.0.1');
    await once(closed, 'listening');
    const address = closed.address();
    await new Promise((resolve) => closed.close(resolve));
    const url = `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`;
    const { code, results } = await smoke(url, ['--wait', '1']);
    expect(code).toBe(1);
    expect(new Set(Object.values(results))).toEqual(new Set(['failed', 'not tried']));
    expect(results['live']).toBe('failed');
  });

  it('is not asked for without an address', async () => {
    expect((await command('smoke', [])).code).toBe(2);
    expect((await command('smoke', ['--url', 'ftp://x'])).code).toBe(2);
  });
});
