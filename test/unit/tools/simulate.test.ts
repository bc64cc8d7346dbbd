import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { z } from 'zod';

const root = resolve(import.meta.dirname, '../../..');
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'simulate-'));
});
afterAll(async () => rm(folder, { recursive: true }));

async function simulate(
  ...args: readonly string[]
): Promise<{ readonly code: number; readonly out: string; readonly error: string }> {
  return new Promise((done) => {
    const child = execFile(
      process.execPath,
      ['tools/simulate.ts', '--model', 'fraud', ...args],
      { cwd: root },
      (_, out, error) => done({ code: child.exitCode ?? -1, out, error }),
    );
  });
}

/** A server that answers each request as told, or breaks the connection. */
async function serverThat(answer: (number: number) => number | undefined) {
  const bodies: unknown[] = [];
  const ids: string[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      bodies.push(JSON.parse(Buffer.concat(chunks).toString()));
      const status = answer(bodies.length);
      if (status === undefined) return void request.socket.destroy();
      const predictionId = randomUUID();
      if (status === 200) ids.push(predictionId);
      response.writeHead(status, { 'content-type': 'application/json' });
      response.end(JSON.stringify(status === 200 ? { predictionId } : {}));
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  return { url: `http://127.0.0.1:${port}`, bodies, ids };
}

const lineSchema = z.strictObject({
  status: z.number().optional(),
  predictionId: z.string().optional(),
  failure: z.string().optional(),
});

async function recordOf(file: string): Promise<z.infer<typeof lineSchema>[]> {
  const lines = (await readFile(file, 'utf8')).trimEnd().split('\n');
  return lines.map((line) => lineSchema.parse(JSON.parse(line)));
}

describe('npm run simulate', () => {
  it('sends as many transactions as asked for, without labels, and records each answer', async () => {
    const { url, bodies, ids } = await serverThat(() => 200);
    const file = join(folder, 'all.jsonl');
    const { code, out } = await simulate('--count', '200', '--url', url, '--record', file);
    expect(code).toBe(0);
    expect(out).toMatch(/answered 200\s*│ 200 /);
    expect(bodies).toHaveLength(200);
    for (const body of bodies) {
      expect(body).toHaveProperty('transaction.amount');
      expect(body).not.toHaveProperty('transaction.is_fraud');
    }
    const record = await recordOf(file);
    expect(record.map(({ status }) => status)).toEqual(Array(200).fill(200));
    expect(record.flatMap(({ predictionId }) => predictionId ?? []).toSorted()).toEqual(ids.toSorted());
  });

  it('ends with 1 where an answer is not 200, counts what came instead, and sends nothing twice', async () => {
    const { url, bodies, ids } = await serverThat((number) =>
      number % 10 === 0 ? 503 : number === 15 ? undefined : 200,
    );
    const file = join(folder, 'some.jsonl');
    const { code, out } = await simulate('--count', '50', '--url', url, '--record', file);
    expect(code).toBe(1);
    expect(bodies).toHaveLength(50);
    expect(out).toMatch(/status 503\s*│ 5 /);
    expect(out).toMatch(/answered 200\s*│ 44 /);
    const record = await recordOf(file);
    expect(record.filter(({ status }) => status === 503)).toHaveLength(5);
    expect(record.filter(({ failure }) => failure !== undefined)).toHaveLength(1);
    expect(record.flatMap(({ predictionId }) => predictionId ?? []).toSorted()).toEqual(ids.toSorted());
  });

  it('ends with 1 where nobody answers', async () => {
    const { code, out } = await simulate('--count', '3', '--url', 'http://127.0.0.1:9');
    expect(code).toBe(1);
    expect(out).toContain('ECONNREFUSED');
  });

  it.each(['--count many', '--rate 0', '--unheard-of', 'surplus'])('ends with 2 for %s', async (text) => {
    const { code, out, error } = await simulate(...text.split(' '));
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(error).toContain('--help');
  });
});
