import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sha256 } from '../../../shared/onnx/verify-model.ts';
import type { Blobs } from '../../../shared/registry/ports.ts';
import type { VersionRow } from '../../../shared/registry/rows.ts';
import { verifyVersion } from '../../../shared/training/verify-version.ts';
import { type AppStack, fraudRows, startAppStack } from '../../fixtures/app-stack.ts';
import { storeDataset } from '../../fixtures/stored-rows.ts';

const model = 'fraud';
const tool = resolve(import.meta.dirname, '../../../tools/verify.ts');

let home: string;
let stack: AppStack;
let row: VersionRow;

beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'tollgate-verify-'));
  stack = await startAppStack({}, home);
  const { registry, datasets } = stack.app;
  const bytes = await fraudRows();
  await storeDataset(registry, datasets, { model, bytes, rows: 3_000, source: 'test', at: new Date() });
  const found = await registry.version(model, '1');
  if (found === undefined) throw new Error('The stack has no version');
  row = found;
});
afterAll(async () => {
  await stack.stop();
  await rm(home, { recursive: true, force: true });
});

/** Changes a blob for as long as `during` runs. */
async function changed<T>(
  blobs: Blobs,
  path: string,
  change: (bytes: Buffer) => Uint8Array,
  during: (bytes: Uint8Array) => Promise<T>,
): Promise<T> {
  const before = await blobs.read(path);
  if (before === undefined) throw new Error(`${path} is missing`);
  const after = change(Buffer.from(before));
  await blobs.write(path, after);
  try {
    return await during(after);
  } finally {
    await blobs.write(path, before);
  }
}

/** One bit of the byte in the middle. */
function flipped(bytes: Buffer): Uint8Array {
  const middle = bytes.length >> 1;
  return bytes.with(middle, (bytes[middle] ?? 0) ^ 1);
}

/** Runs the command as npm does. */
async function command(...args: string[]): Promise<{ code: unknown; stdout: string; stderr: string }> {
  return new Promise((done) => {
    const env = { ...process.env, TOLLGATE_HOME: home };
    execFile(process.execPath, [tool, ...args], { env }, (error, stdout, stderr) =>
      done({ code: error === null ? 0 : error.code, stdout, stderr }),
    );
  });
}

describe('a version that was trained', () => {
  it('is reproduced to the last bit, and fitted again to the same file', async () => {
    const found = await verifyVersion(stack.app, row, { refit: true });
    expect(found).toMatchObject({
      verified: true,
      problems: [],
      files: row.files.length,
      refit: { sameModel: true, worst: 0 },
    });
    expect(found.evaluation?.compared).toBeGreaterThan(100);
    expect(found.evaluation?.exact).toBe(found.evaluation?.compared);
  });

  it('fails where any one of its files has a changed byte, by the name of the file', async () => {
    for (const { name } of row.files) {
      const path = `${model}/1/${name}`;
      const found = await changed(stack.app.models, path, flipped, () =>
        verifyVersion(stack.app, row, { refit: false }),
      );
      expect(found).toMatchObject({ verified: false, files: row.files.length - 1 });
      expect(found.problems).toEqual([expect.stringContaining(`${path} has SHA-256 `)]);
    }
  });

  it('fails where its data have a changed byte', async () => {
    const found = await changed(stack.app.datasets, `${model}/1/rows.csv`, flipped, () =>
      verifyVersion(stack.app, row, { refit: false }),
    );
    expect(found.verified).toBe(false);
    expect(found.problems.join()).toContain(
      `The data set ${model}/1/rows.csv is not the one that was stored`,
    );
  });

  it('fails where a number is not what the model gives, although every hash fits', async () => {
    const better = (bytes: Buffer) =>
      Buffer.from(bytes.toString('utf8').replace(/"brier": 0\.\d/, '"brier": 0.9'));
    const found = await changed(stack.app.models, `${model}/1/evaluation.json`, better, (bytes) => {
      const files = row.files.map((file) =>
        file.name === 'evaluation.json' ? { ...file, sha256: sha256(bytes) } : file,
      );
      const brier = Number(/"brier": (0\.\d+)/.exec(Buffer.from(bytes).toString('utf8'))?.[1]);
      return verifyVersion(
        stack.app,
        { ...row, files, metrics: { ...row.metrics, brier } },
        { refit: false },
      );
    });
    expect(found.verified).toBe(false);
    expect(found.problems).toEqual([expect.stringMatching(/^evaluation\.json says metrics\.brier = 0\.9/)]);
    const registered = { ...row, metrics: { ...row.metrics, aucRoc: 0.99 } };
    expect((await verifyVersion(stack.app, registered, { refit: false })).problems).toEqual([
      expect.stringContaining('the registry row says metrics.aucRoc = 0.99'),
    ]);
  });

  it('is verified by the command, which exits with 1 where that fails', async () => {
    const done = await command('--model', model, '--version', '1');
    expect(done.code).toBe(0);
    expect(JSON.parse(done.stdout)).toMatchObject({ model, version: '1', verified: true, tolerance: 1e-9 });
    const path = `${model}/1/model.onnx`;
    const failed = await changed(stack.app.models, path, flipped, () =>
      command('--model', model, '--version', '1'),
    );
    expect(failed.code).toBe(1);
    expect(failed.stderr).toContain(`${path} has SHA-256`);
    expect(JSON.parse(failed.stdout)).toMatchObject({ verified: false });
    expect(await command('--model', model, '--version', '9')).toMatchObject({ code: 1, stdout: '' });
    expect(await command('--model', model, '--version', 'x')).toMatchObject({ code: 2, stdout: '' });
  });
});
