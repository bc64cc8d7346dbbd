import { readFile } from 'node:fs/promises';
import { Option } from 'commander';
import { z } from 'zod';
import { messageOf } from '../shared/failure.ts';
import { commandLine, EXIT, parsedBy, run, wholeNumber } from './command-line.ts';
import { readDefinition } from './model-folders.ts';
import { parseAppUrl } from './release/app-url.ts';
import { smokeChecks } from './release/smoke-checks.ts';
import type { SmokeTarget } from './release/smoke-target.ts';
import { loadGenerator } from './row-generator.ts';
import { generatedRows } from './simulated-rows.ts';

interface Options {
  readonly url: string;
  readonly key?: string;
  readonly readKey?: string;
  readonly token?: string;
  readonly expectVersion?: string;
  readonly transaction?: string;
  readonly wait: number;
}

const rowSchema = z.record(z.string(), z.unknown());

await run(
  commandLine('smoke', 'Tests a deployed app: health, version, traffic, score, label, log, shapes of errors.')
    .requiredOption('--url <url>', 'where the app is', parsedBy(parseAppUrl))
    .addOption(
      new Option('--key <key>', 'the key of the routes that score and take labels').env('TOLLGATE_KEY'),
    )
    .addOption(
      new Option('--read-key <key>', 'the key of the routes that read (default: --key)').env(
        'TOLLGATE_READ_KEY',
      ),
    )
    .addOption(new Option('--token <jwt>', 'a token, where the app takes tokens').env('TOLLGATE_TOKEN'))
    .option(
      '--expect-version <version>',
      'wait until the app states this version, as npm run package printed it',
    )
    .option(
      '--transaction <file>',
      "a row for the default model, as JSON (default: one of its folder's generator)",
    )
    .option('--wait <seconds>', 'how long a start, an update or the log may take', wholeNumber(0, 3_600), 300)
    .addHelpText(
      'after',
      '\nThe last line of standard output is {"url","passed","checks":[{"check","result","ms","detail"}]}.',
    )
    .action(async ({ url, key, readKey, token, expectVersion, transaction, wait }: Options) => {
      const target: SmokeTarget = { url, key, readKey, token, waitMs: wait * 1_000 };
      const results: Result[] = [];
      for (const check of smokeChecks(target, expectVersion, (model) => rowOf(model, transaction))) {
        const result = await tried(check, results);
        results.push(result);
        console.error(`${result.result.padEnd(9)} ${check.name.padEnd(9)} ${result.detail}`);
      }
      const passed = results.every(({ result }) => result === 'passed');
      console.log(JSON.stringify({ url, passed, checks: results }));
      if (passed) return;
      const failed = results.filter(({ result }) => result === 'failed').map(({ check }) => check);
      console.error(`Failed: ${failed.join(', ')}`);
      process.exitCode = EXIT.failed;
    }),
);

interface Result {
  readonly check: string;
  readonly result: 'passed' | 'failed' | 'not tried';
  readonly ms: number;
  readonly detail: string;
}

async function tried(
  { name, needs, run: check }: ReturnType<typeof smokeChecks>[number],
  before: readonly Result[],
): Promise<Result> {
  const missing = before.filter((one) => needs.includes(one.check) && one.result !== 'passed');
  if (missing.length > 0) {
    const detail = `needs ${missing.map((one) => one.check).join(', ')}`;
    return { check: name, result: 'not tried', ms: 0, detail };
  }
  const started = performance.now();
  const took = () => Math.round(performance.now() - started);
  try {
    const detail = await check();
    return { check: name, result: 'passed', ms: took(), detail };
  } catch (error) {
    return { check: name, result: 'failed', ms: took(), detail: messageOf(error) };
  }
}

/** @throws Error where the model's folder cannot make a row */
async function rowOf(model: string, file: string | undefined): Promise<Readonly<Record<string, unknown>>> {
  if (file !== undefined) return rowSchema.parse(JSON.parse(await readFile(file, 'utf8')));
  const generator = await loadGenerator(model);
  if (generator === undefined) {
    throw new Error(`'${model}' has no generator here: name a row with --transaction`);
  }
  const label = (await readDefinition(model)).columns.find(({ role }) => role === 'label')?.name;
  const [row = {}] = generatedRows(generator, label, { seed: 1 }, 1, Date.now()).take(1);
  return row;
}
