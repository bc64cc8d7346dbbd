import type { Command } from 'commander';
import { parsedBy, wholeNumber } from './command-line.ts';
import { readDefinition } from './model-folders.ts';
import { loadGenerator, type RowGenerator } from './row-generator.ts';

/** Adds the options that say which population rows are drawn from: the common ones and the generator's own. */
export function addPopulationSwitches(command: Command, generator: RowGenerator): Command {
  command
    .option('--accounts <n>', 'from how many accounts', wholeNumber(1))
    .option(
      '--drift <change>',
      'a change of the population; repeatable, applied in order',
      (text: string, before: readonly unknown[] | undefined) => [
        ...(before ?? []),
        parsedBy(generator.parseDrift)(text),
      ],
    );
  for (const { flags, description, parse } of generator.switches) {
    command.option(flags, description, parsedBy(parse));
  }
  return command.addHelpText(
    'after',
    `\nChanges for --drift:\n${generator.driftGrammar.replaceAll(/^/gm, '  ')}`,
  );
}

/**
 * The generator of the model that the arguments name with --model: needed before the other options are known.
 * @param defaultModel the model where they name none
 */
export async function generatorNamedIn(
  argv: readonly string[],
  defaultModel?: string,
): Promise<RowGenerator | undefined> {
  const at = argv.findLastIndex((argument) => argument === '--model' || argument.startsWith('--model='));
  const named = argv[at]?.startsWith('--model=') === true ? argv[at].slice('--model='.length) : argv[at + 1];
  const model = at < 0 ? defaultModel : named;
  if (model === undefined) return undefined;
  await readDefinition(model);
  return loadGenerator(model);
}
