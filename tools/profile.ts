import { writeFile } from 'node:fs/promises';
import { proposeSuite } from '../shared/training/expectations/propose.ts';
import type { Suite } from '../shared/training/expectations/suite.ts';
import { profileTable } from '../shared/training/profile.ts';
import { commandLine, run } from './command-line.ts';
import { readDefinition } from './model-folders.ts';
import { profilePage } from './profile-page/page.ts';
import { showProgress } from './progress.ts';
import { type RowSource, sourceFault, withRows } from './row-files/open-rows.ts';
import { describeOrigin } from './stage-file.ts';

/**
 * Explores a file's rows, whether or not they could be ingested.
 * @returns a proposal of expectations, and the exploratory page
 */
export async function profile(model: string, source: RowSource): Promise<{ suite: Suite; html: string }> {
  const definition = await readDefinition(model);
  const progress = showProgress();
  return withRows(source, definition, progress.show, async ({ table, origin }) => {
    const found = await profileTable(table, definition);
    progress.end();
    if (found.rows === 0) throw new Error(`${describeOrigin(origin)} has no rows`);
    console.error(`Read ${found.rows} rows; drawing ${found.columns.length} columns...`);
    const suite = proposeSuite(found, model);
    const about = { title: definition.title, source: describeOrigin(origin) };
    return { suite, html: await profilePage(found, suite, about) };
  }).finally(progress.end);
}

if (import.meta.main) {
  const command = commandLine(
    'profile',
    'Proposes expectations for a file, as JSON on standard output, and writes an exploratory page.',
  )
    .requiredOption('--model <name>', 'the model: a folder of models/')
    .requiredOption(
      '--file <path>',
      '.csv, .parquet or .jsonl, each also .gz; a zip; or an https:// address of one',
    )
    .option('--html <path>', 'where to write the page')
    .option('--sha256 <hex>', "the file's SHA-256; an address needs it")
    .option('--member <name>', 'of a zip, the file that holds the rows')
    .action(async (options: RowSource & { model: string; html?: string }) => {
      const { model, html: path, ...source } = options;
      const fault = sourceFault(source);
      if (fault !== undefined) command.error(`error: ${fault}`);
      const { suite, html } = await profile(model, source);
      if (path !== undefined) {
        await writeFile(path, html);
        console.error(`Wrote the page to ${path}`);
      }
      console.log(JSON.stringify(suite, null, 2));
    });
  await run(command);
}
