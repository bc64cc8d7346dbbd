import { z } from 'zod';
import { commandLine, EXIT, run } from './command-line.ts';
import { differenceTable } from './recover/difference-table.ts';
import { recover } from './recover/recover.ts';
import { openStores } from './recover/stores.ts';
import { serviceSettings } from './stack-connection.ts';

const optionsSchema = z.object({
  check: z.boolean().default(false),
  rebuildRegistry: z.boolean().default(false),
  force: z.boolean().default(false),
});

const command = commandLine(
  'recover',
  'Compares the registry in Cosmos DB with its copies in Blob, or rebuilds it from them.',
)
  .option('--check', 'compare, and change nothing')
  .option('--rebuild-registry', 'put back what is missing or older; where Cosmos is newer, mend the copy')
  .option('--force', 'with --rebuild-registry: what Blob has counts, also where Cosmos has something newer')
  .addHelpText(
    'after',
    '\nThe services are those that the environment names as it does for the app (STORAGE_ACCOUNT_NAME, COSMOS_ENDPOINT,\n' +
      'EVENTHUBS_CONNECTION__fullyQualifiedNamespace, or their connection strings); otherwise those of the stack in TOLLGATE_HOME.',
  )
  .action(async () => {
    const { check, rebuildRegistry: rebuild, force } = optionsSchema.parse(command.opts());
    if (check === rebuild) command.error('error: name one of --check and --rebuild-registry');
    if (force && !rebuild) command.error('error: --force is for --rebuild-registry');
    const started = performance.now();
    const found = await recover(await openStores(await serviceSettings()), { rebuild, force });
    for (const note of found.notes) console.error(`Note: ${note}`);
    for (const problem of found.problems) console.error(`Problem: ${problem}`);
    if (found.differences.length > 0) console.log(differenceTable(found.differences));
    console.error(
      `${found.records} records of ${found.models.length} models, ${found.differences.length} differences; ` +
        `${found.filesVerified} files verified: ${found.agrees ? 'Cosmos DB and Blob agree' : 'NOT in order'}`,
    );
    const seconds = Math.round(performance.now() - started) / 1_000;
    console.log(JSON.stringify({ mode: rebuild ? 'rebuild' : 'check', ...found, seconds }));
    if (!found.agrees) process.exitCode = EXIT.failed;
  });

await run(command);
