import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
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
async function serverThat(answer: (number: number) => number | undefined, takesLabels = true) {
  const bodies: unknown[] = [];
  /** Bodies of requests for labels, each with how many transactions had been answered before it. */
  const labelled: { readonly body: unknown; readonly after: number }[] = [];
  const ids: string[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      if (request.url === '/api/labels') {
        const body = labelsSchema.parse(JSON.parse(Buffer.concat(chunks).toString()));
        labelled.push({ body, after: bodies.length });
        response.writeHead(takesLabels ? 202 : 503, { 'content-type': 'application/json' });
        return void response.end(JSON.stringify({ accepted: body.labels.length }));
      }
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
  return { url: `http://127.0.0.1:${port}`, bodies, ids, labelled };
}

const labelsSchema = z.object({
  labels: z.array(
    z.strictObject({
      predictionId: z.string(),
      label: z.literal([0, 1]),
      model: z.string(),
      observedAt: z.iso.datetime(),
      source: z.string(),
    }),
  ),
});

const transactionSchema = z.object({ transaction: z.object({ amount: z.number() }) });

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

  it('sends the truth of every answered transaction after them, as many a request as are taken', async () => {
    const { url, ids, labelled } = await serverThat((number) => (number === 7 ? 503 : 200));
    const rate = ['--fraud-rate', '0.3', '--seed', '4'];
    const { code, out } = await simulate('--count', '1200', '--url', url, '--labels', ...rate);
    expect(code).toBe(1);
    expect(labelled.map(({ after }) => after)).toEqual([1_200, 1_200]);
    const labels = labelled.flatMap(({ body }) => labelsSchema.parse(body).labels);
    expect(labels.map(({ predictionId }) => predictionId).toSorted()).toEqual(ids.toSorted());
    expect(labels).toHaveLength(1_199);
    const frauds = labels.filter(({ label }) => label === 1).length;
    expect(frauds / 1_200).toBeGreaterThan(0.27);
    expect(frauds / 1_200).toBeLessThan(0.33);
    expect(out).toContain(`1,199 (${frauds} positive)`);
    expect(out).toMatch(/labels accepted\s*│ 1,199 /);
  });

  it("sends a file's own labels with --from", async () => {
    const { url, bodies, labelled, ids } = await serverThat(() => 200);
    const file = join(folder, 'few.csv');
    const head = 'transaction_ts,customer_id,amount,currency,merchant_category,is_fraud';
    const rowOf = (amount: number, label: number) => `2026-03-01T10:00:00Z,c,${amount},CAD,retail,${label}`;
    await writeFile(file, [head, rowOf(1, 0), rowOf(2, 1), rowOf(3, 0), ''].join('\n'));
    const args = ['--from', file, '--count', '6', '--concurrency', '1', '--labels', '--url', url];
    expect((await simulate(...args)).code).toBe(0);
    const amounts = bodies.map((body) => transactionSchema.parse(body).transaction.amount);
    const labels = labelled.flatMap(({ body }) => labelsSchema.parse(body).labels);
    expect(amounts).toEqual([1, 2, 3, 1, 2, 3]);
    expect(labels.map(({ predictionId, label }) => [predictionId, label])).toEqual(
      ids.map((id, at) => [id, at % 3 === 1 ? 1 : 0]),
    );
  });

  it('ends with 1 where labels are not accepted', async () => {
    const { url } = await serverThat(() => 200, false);
    const { code, out } = await simulate('--count', '5', '--url', url, '--labels');
    expect(code).toBe(1);
    expect(out).toMatch(/labels: status 503\s*│ 5 /);
  });

  it.each(['--count many', '--rate 0', '--unheard-of', 'surplus'])('ends with 2 for %s', async (text) => {
    const { code, out, error } = await simulate(...text.split(' '));
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(error).toContain('--help');
  });
});
