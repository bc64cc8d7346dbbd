import { writeFile } from 'node:fs/promises';
import { Option } from 'commander';
import { z } from 'zod';
import { modelNameSchema } from '../shared/registry/rows.ts';
import { commandLine, EXIT, parsedBy, run, wholeNumber } from './command-line.ts';
import { parseAppUrl } from './release/app-url.ts';
import { call, eventually, expectJson, type SmokeTarget } from './release/smoke-target.ts';

interface Options {
  readonly url: string;
  readonly action: 'drift' | 'retrain';
  readonly model: string;
  readonly reason: string;
  readonly out: string;
  readonly key?: string;
  readonly token?: string;
  readonly wait: number;
}

const report = z.looseObject({ drifted: z.boolean(), alarm: z.boolean() });
const started = z.object({ runId: z.string(), statusUrl: z.string() });
const ENDED = ['registered', 'rejected', 'failed', 'skipped'] as const;
const ended = z.looseObject({ status: z.enum(ENDED) });

await run(
  commandLine(
    'operate',
    'Checks drift, or retrains and waits for the end, in a deployed app, and keeps the report.',
  )
    .requiredOption('--url <url>', 'where the app is', parsedBy(parseAppUrl))
    .addOption(
      new Option('--action <action>', 'what to do').choices(['drift', 'retrain']).makeOptionMandatory(),
    )
    .requiredOption(
      '--model <model>',
      'of which model',
      parsedBy((text) => modelNameSchema.parse(text)),
    )
    .requiredOption('--reason <text>', 'why, for the record')
    .requiredOption('--out <file>', 'where the report or the record of the run is written')
    .addOption(new Option('--key <key>', 'a key of the routes that operate and read').env('TOLLGATE_KEY'))
    .addOption(new Option('--token <jwt>', 'a token, where the app takes tokens').env('TOLLGATE_TOKEN'))
    .option('--wait <seconds>', 'how long a retrain may take', wholeNumber(1, 86_400), 7_200)
    .addHelpText(
      'after',
      '\nA drift that raises the alarm is a result and exits 0; a retrain that fails exits 1.',
    )
    .action(async ({ url, action, model, reason, out, key, token, wait }: Options) => {
      const target: SmokeTarget = { url, key, readKey: key, token, waitMs: wait * 1_000 };
      const result = await (action === 'drift' ? drift(target, model) : retrain(target, model, reason));
      await writeFile(out, `${JSON.stringify(result, null, 2)}\n`);
      console.log(JSON.stringify(result));
      if ('status' in result && result['status'] === 'failed') process.exitCode = EXIT.failed;
    }),
);

async function drift(target: SmokeTarget, model: string): Promise<Record<string, unknown>> {
  return expectJson(await call(target, `/api/models/${model}/drift`, { body: {} }), 200, report);
}

async function retrain(target: SmokeTarget, model: string, reason: string): Promise<Record<string, unknown>> {
  const reply = await call(target, `/api/models/${model}/retrain`, { body: { reason } });
  const { runId, statusUrl } = expectJson(reply, 202, started);
  console.error(`Run ${runId} has started`);
  // Only the path: the app need not know under which address it is called here.
  const { pathname } = new URL(statusUrl, target.url);
  return eventually(target.waitMs, async () => expectJson(await call(target, pathname), 200, ended));
}
