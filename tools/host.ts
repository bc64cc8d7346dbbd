import { resolve } from 'node:path';
import { runStack } from '../local/run-stack.ts';
import { commandLine, parsedBy, run, wholeNumber } from './command-line.ts';
import { stackHome } from './stack-connection.ts';

await run(
  commandLine(
    'host',
    'Runs any built Functions app in the embedded host, with storage, Cosmos DB and Event Hubs.',
  )
    .requiredOption(
      '--app <folder>',
      "the app's folder: package.json, host.json, perhaps local.settings.json",
    )
    .option(
      '--hub <name:partitions>',
      'an event hub that the app uses (EVENTHUBS_CONNECTION); repeatable',
      (text: string, before: readonly EventHub[] | undefined) => [
        ...(before ?? []),
        parsedBy(parseHub)(text),
      ],
    )
    .option('--auth', 'ask callers for function keys, as Azure does')
    .addHelpText(
      'after',
      '\nServes on PORT (default 7071). State is kept in TOLLGATE_HOME (default .local). Ctrl-C stops everything.',
    )
    .action(async ({ app, auth, hub = [] }: { app: string; auth?: boolean; hub?: EventHub[] }) => {
      const exitCode = await runStack({
        home: stackHome(),
        port: wholeNumber(0)(process.env['PORT'] ?? '7071'),
        app: resolve(app),
        eventHubs: hub,
        auth: auth === true,
        env: process.env,
        onReady: ({ endpoints }) => {
          console.log(`The app serves on ${endpoints.http}`);
        },
      });
      process.exit(exitCode);
    }),
);

interface EventHub {
  readonly name: string;
  readonly partitions: number;
}

function parseHub(text: string): EventHub {
  const match = /^([\w.-]{1,256}):(\d{1,2})$/.exec(text);
  const partitions = Number(match?.[2]);
  if (match?.[1] === undefined || partitions < 1 || partitions > 32) {
    throw new RangeError('It has to be a name and 1 to 32 partitions, such as orders:4.');
  }
  return { name: match[1], partitions };
}
