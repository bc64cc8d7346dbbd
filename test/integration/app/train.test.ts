import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { runViewSchema } from '../../../shared/training/run-record.ts';
import { ingest } from '../../../tools/ingest.ts';
import { type AppStack, fraudRows, startAppStack } from '../../fixtures/app-stack.ts';

/** What `npm run train` does without switches, as a process of its own. */

const tool = resolve(import.meta.dirname, '../../../tools/train.ts');
const lineSchema = z.object({
  version: z.string().optional(),
  state: z.string().optional(),
  reason: z.string().optional(),
  learner: z.string(),
  params: z.record(z.string(), z.unknown()),
  rows: z.int(),
  metrics: z.looseObject({ aucRoc: z.number(), averagePrecision: z.number(), logLoss: z.number() }),
  fitSeconds: z.number(),
  fits: z.int(),
  gates: z.record(z.string(), z.enum(['pass', 'fail', 'inconclusive'])),
});

let home: string;
let stack: AppStack;
let file: string;

beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'tollgate-train-'));
  stack = await startAppStack({}, home);
  file = join(home, 'rows.csv');
  await writeFile(file, await fraudRows());
  // What the stack's champion was made from.
  await ingest(stack.app, 'fraud', { file }, () => undefined);
});
afterAll(async () => {
  await stack.stop();
  await rm(home, { recursive: true, force: true });
});

/** Runs the command as npm does. @param onError hears what it has written to standard error so far */
async function command(args: readonly string[], onError?: (text: string, kill: () => void) => void) {
  const child = spawn(process.execPath, [tool, '--model', 'fraud', ...args], {
    env: { ...process.env, TOLLGATE_HOME: home },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let [stdout, stderr] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
    onError?.(stderr, () => child.kill('SIGINT'));
  });
  await once(child, 'close');
  return { code: child.exitCode, stdout, stderr };
}

async function stored() {
  const { registry, retraining } = stack.app;
  const [versions, datasets, runs] = await Promise.all([
    registry.versions('fraud', 100),
    registry.datasets('fraud', 100),
    retraining.runs.list('fraud', 100, undefined),
  ]);
  return [versions.items.length, datasets.items.length, runs.length];
}

describe('training without switches', () => {
  it('stores nothing with --no-register, and needs no champion', async () => {
    const before = await stored();
    const { code, stdout, stderr } = await command(['--file', file, '--no-register']);
    expect(code).toBe(0);
    const line = lineSchema.parse(JSON.parse(stdout));
    expect(line).toMatchObject({ rows: 3_000, fits: 13 });
    expect(line.version).toBeUndefined();
    expect(stderr).toContain('Rung 3 of 3: 1 trials');
    expect(await stored()).toEqual(before);
  });

  it('ends with 130 at Ctrl-C, and has registered nothing', async () => {
    const before = await stored();
    let isSent = false;
    const { code, stdout, stderr } = await command(['--file', file], (text, kill) => {
      if (isSent || !text.includes('trial 1')) return;
      isSent = true;
      kill();
    });
    expect(stderr).toContain('Stopped: nothing was registered');
    expect({ code, stdout }).toEqual({ code: 130, stdout: '' });
    expect(await stored()).toEqual(before);
  });

  it('registers the best of its search, compared with the champion, and keeps every trial of the run', async () => {
    const { code, stdout, stderr } = await command(['--file', file, '--seed', '4']);
    expect(code, stderr).toBe(0);
    const line = lineSchema.parse(JSON.parse(stdout));
    const version = await stack.app.registry.version('fraud', line.version ?? '');
    expect(version?.learner).toBe(line.learner);
    expect(Object.keys(line.gates)).toContain('champion-averagePrecision');
    const run = runViewSchema.parse(
      await (await fetch(`${stack.url}/api/models/fraud/runs/${version?.createdBy.run}`)).json(),
    );
    expect(run).toMatchObject({ status: line.state, step: 'done', version: line.version });
    // The folder's own setting stays to the end, whoever else does.
    const rungs = run.trials.map(({ rung }) => rung).toSorted((a, b) => a - b);
    expect(rungs.slice(0, 12)).toEqual([0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1]);
    expect(run.trials.filter(({ rung, trial }) => rung === 2 && trial === 0)).toHaveLength(1);
    const last = run.trials.filter(({ rung }) => rung === 2);
    expect(last.map(({ learner, seed }) => ({ learner, seed }))).toContainEqual({
      learner: line.learner,
      seed: version?.seed,
    });
    // The same seed and rows give the same model, here from the data set version of the same rows.
    const again = lineSchema.parse(JSON.parse((await command(['--seed', '4'])).stdout));
    expect({ ...again, version: '', fitSeconds: 0 }).toEqual({ ...line, version: '', fitSeconds: 0 });
    const sha = async (of: string | undefined) =>
      (await stack.app.registry.version('fraud', of ?? ''))?.files.find(({ name }) => name === 'model.onnx')
        ?.sha256;
    expect(await sha(again.version)).toBe(await sha(line.version));
  });

  it('registers what its gates refuse as rejected, with a warning that names the cause, and ends well', async () => {
    const [header = '', ...lines] = Buffer.from(await fraudRows())
      .toString('utf8')
      .trim()
      .split('\n');
    const columns = header.split(',');
    const [from, to] = ['is_fraud', 'num_prev_tx_24h'].map((name) => columns.indexOf(name));
    const leaked = lines.map((text) => {
      const cells = text.split(',');
      return cells.with(to!, cells[from!] === '1' ? '40' : '2').join(',');
    });
    const leak = join(home, 'leak.csv');
    await writeFile(leak, [header, ...leaked, ''].join('\n'));
    const { code, stdout, stderr } = await command(['--file', leak]);
    const line = lineSchema.parse(JSON.parse(stdout));
    expect({ code, state: line.state, leak: line.gates['leak'] }).toEqual({
      code: 0,
      state: 'rejected',
      leak: 'fail',
    });
    expect(stderr).toMatch(/fail: leak: .*num_prev_tx_24h/u);
    expect(stderr).toContain(`Warning: version ${line.version} of 'fraud' is registered as rejected`);
    expect(line.reason).toContain('num_prev_tx_24h');
  });
});
