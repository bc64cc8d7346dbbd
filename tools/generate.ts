import { createWriteStream } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Command } from 'commander';
import { z } from 'zod';
import { messageOf } from '../shared/failure.ts';
import { parseTimestamp } from '../shared/features/timestamp.ts';
import { commandLine, EXIT, parsedBy, run, wholeNumber } from './command-line.ts';
import { readDefinition } from './model-folders.ts';
import { addPopulationSwitches, generatorNamedIn } from './population-switches.ts';
import { showProgress } from './progress.ts';
import { resampledCsv } from './resample-csv.ts';
import { generatedCsv, type RowGenerator } from './row-generator.ts';

const optionsSchema = z.looseObject({
  model: z.string(),
  rows: z.number(),
  seed: z.number(),
  out: z.string().optional(),
  from: z.string().optional(),
  since: z.number().optional(),
  until: z.number().optional(),
  accounts: z.number().optional(),
  drift: z.array(z.unknown()).optional(),
});
type Options = z.output<typeof optionsSchema>;

/** Lines that are joined before they are written: a line at a time would wait for the stream too often. */
const LINES_PER_CHUNK = 1_000;

function generateCommand(generator: RowGenerator | undefined): Command {
  const command = commandLine(
    'generate',
    "Writes labelled rows as CSV: from the model's generator, or drawn from a file.",
  )
    .requiredOption('--model <name>', 'the model; --model <name> --help also lists its own switches')
    .requiredOption('--rows <n>', 'how many rows', wholeNumber(0))
    .option('--seed <s>', 'the same seed gives the same file', wholeNumber(0), 1)
    .option('--out <file>', 'where to write (default: standard output)')
    .option('--from <file>', 'draws rows from this CSV file, with replacement, instead of generating them');
  if (generator === undefined) return command;

  command
    .option('--since <time>', 'earliest event time, ISO 8601', parsedBy(timeOf))
    .option('--until <time>', 'end of the event times, itself not among them', parsedBy(timeOf));
  return addPopulationSwitches(command, generator);
}

function timeOf(text: string): number {
  const time = parseTimestamp(text);
  if (Number.isNaN(time))
    throw new RangeError('It has to be a time of ISO 8601, such as 2026-01-31T12:00:00.');
  return time;
}

/** The file's lines: generated, or drawn from a file. Wrong combinations of options end the command. */
async function linesOf(
  command: Command,
  generator: RowGenerator | undefined,
  options: Options,
): Promise<Iterable<string>> {
  const { model, out: _, from, since, until, drift = [], ...rest } = options;
  if (from !== undefined) {
    const useless = Object.keys(options).filter(
      (name) => !['model', 'rows', 'seed', 'out', 'from'].includes(name),
    );
    if (useless.length > 0) command.error(`error: --from can't be combined with --${useless.join(', --')}`);
    const { defaultFile } = await readDefinition(model);
    return resampledCsv(await readFile(from), defaultFile?.delimiter ?? ',', options.rows, options.seed);
  }
  if (generator === undefined)
    command.error(`error: '${model}' has no generator: --from names a file to draw from`);
  if (since !== undefined && until !== undefined && since >= until)
    command.error('error: --since has to be before --until');
  return generatedCsv(generator, { ...rest, from: since, to: until, drift });
}

function* chunksOf(lines: Iterable<string>, onLines: (written: number) => void): Generator<string> {
  let chunk = '';
  let count = 0;
  for (const line of lines) {
    chunk += line;
    if (++count % LINES_PER_CHUNK > 0) continue;
    yield chunk;
    onLines(count);
    chunk = '';
  }
  yield chunk;
  onLines(count);
}

/** The command with the switches of the model that its own arguments name. */
async function commandFor(argv: readonly string[]): Promise<Command> {
  const generator = await generatorNamedIn(argv);
  const command = generateCommand(generator);
  return command.action(async () => {
    const options = optionsSchema.parse(command.opts());
    const lines = await linesOf(command, generator, options);
    const progress = showProgress();
    const onLines = (written: number): void => progress.show('rows', Math.max(0, written - 1), options.rows);
    const target = options.out === undefined ? process.stdout : createWriteStream(options.out);
    await pipeline(Readable.from(chunksOf(lines, onLines)), target).finally(() => progress.end());
    if (options.out !== undefined) console.error(`Wrote ${options.rows} rows to ${options.out}`);
  });
}

if (import.meta.main) {
  try {
    await run(await commandFor(process.argv.slice(2)));
  } catch (error) {
    console.error(`Error: ${messageOf(error)}`);
    process.exitCode = EXIT.failed;
  }
}
