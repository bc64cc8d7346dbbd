import { resolve } from 'node:path';
import { runStack } from '../local/run-stack.ts';
import { commandLine, run, wholeNumber } from './command-line.ts';
import { stackHome } from './stack-connection.ts';

await run(
  commandLine('host', 'Runs any built Functions app in the embedded host, with storage and Cosmos DB.')
    .requiredOption(
      '--app <folder>',
      "the app's folder: package.json, host.json, perhaps local.settings.json",
    )
    .option('--auth', 'ask callers for function keys, as Azure does')
    .addHelpText(
      'after',
      '\nServes on PORT (default 7071). State is kept in TOLLGATE_HOME (default .local). Ctrl-C stops everything.',
    )
    .action(async ({ app, auth }: { app: string; auth?: boolean }) => {
      const exitCode = await runStack({
        home: stackHome(),
        port: wholeNumber(0)(process.env['PORT'] ?? '7071'),
        app: resolve(app),
        auth: auth === true,
        env: process.env,
        onReady: ({ endpoints }) => {
          console.log(`The app serves on ${endpoints.http}`);
        },
      });
      process.exit(exitCode);
    }),
);
