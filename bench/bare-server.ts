import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { compileContract } from '../shared/features/compile.ts';
import { parseContract } from '../shared/features/contract.ts';

/**
 * The reference of the scoring benchmark: `node:http` and onnxruntime, JSON in and out, and the contract's own features,
 * so that it gives the same scores. No routes, no readable errors, no ids, no verified model, no log.
 *
 * Arguments: model file, contract file, `each` (a run per request) or `shared` (the requests of a tick share one).
 */
const [modelFile = '', contractFile = '', sharing = 'each'] = process.argv.slice(2);
const contract = compileContract(parseContract(JSON.parse(readFileSync(contractFile, 'utf8'))));
const { width } = contract;
const session = await InferenceSession.create(readFileSync(modelFile), {
  intraOpNumThreads: 1,
  interOpNumThreads: 1,
  executionMode: 'sequential',
});

async function runRows(features: Float32Array, rows: number): Promise<Float32Array> {
  const output = await session.run({ features: new Tensor('float32', features, [rows, width]) }, [
    'probabilities',
  ]);
  const data = output['probabilities']?.data;
  if (!(data instanceof Float32Array)) throw new Error('The model gives no probabilities');
  return data;
}

let waiting: { row: Record<string, unknown>; resolve: (score: number) => void }[] = [];

function scoreShared(row: Record<string, unknown>): Promise<number> {
  return new Promise((resolve) => {
    waiting.push({ row, resolve });
    if (waiting.length > 1) return;
    setImmediate(() => {
      const batch = waiting;
      waiting = [];
      const features = new Float32Array(batch.length * width);
      for (const [index, item] of batch.entries()) fill(features, index * width, item.row);
      void runRows(features, batch.length).then((data) => {
        for (const [index, item] of batch.entries()) item.resolve(data[index * 2 + 1] ?? Number.NaN);
      });
    });
  });
}

function fill(features: Float32Array, offset: number, row: Record<string, unknown>): void {
  const checked = contract.check(row, '');
  if (!checked.ok) throw new Error('The row does not fit the contract');
  contract.write(checked.row, features, offset);
}

async function answer(text: string): Promise<unknown> {
  const body = JSON.parse(text) as {
    transaction?: Record<string, unknown>;
    transactions?: Record<string, unknown>[];
  };
  if (body.transactions !== undefined) {
    const rows = body.transactions;
    const features = new Float32Array(rows.length * width);
    for (const [index, row] of rows.entries()) fill(features, index * width, row);
    const data = await runRows(features, rows.length);
    return { predictions: rows.map((_, index) => ({ score: data[index * 2 + 1] })) };
  }
  const row = body.transaction ?? {};
  if (sharing === 'shared') return { score: await scoreShared(row) };
  const features = new Float32Array(width);
  fill(features, 0, row);
  return { score: (await runRows(features, 1))[1] };
}

const server = createServer((request, response) => {
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  request.on('end', () => {
    const text = (chunks.length === 1 ? (chunks[0] ?? Buffer.alloc(0)) : Buffer.concat(chunks)).toString();
    answer(text).then(
      (reply) => {
        const json = JSON.stringify(reply);
        response.writeHead(200, {
          'content-type': 'application/json',
          'content-length': Buffer.byteLength(json),
        });
        response.end(json);
      },
      () => response.writeHead(500).end(),
    );
  });
});
server.listen(0, '127.0.0.1', () => {
  const address = server.address();
  process.send?.({ port: typeof address === 'object' ? address?.port : undefined });
});
process.on('disconnect', () => process.exit(0));
