import { resolve } from 'node:path';
import { EVENT_HUBS } from '../shared/azure/layout.ts';
import { runStack } from '../local/run-stack.ts';
import { localSettings } from './app-settings.ts';
import { buildApp } from './build.ts';
import { commandLine, run, wholeNumber } from './command-line.ts';
import { championSamples, ensureFirstVersion } from './first-version.ts';
import { provision } from './provision.ts';
import { connect, stackHome } from './stack-connection.ts';

await run(
  commandLine('start', 'Starts the embedded stack and serves on http://127.0.0.1:7071 (PORT overrides).')
    .option('--instances <n>', 'host processes that share the port, 1 to 16', wholeNumber(1, 16), 1)
    .option('--auth', 'ask callers for function keys, as Azure does')
    .addHelpText(
      'after',
      '\nState is kept in TOLLGATE_HOME (default .local). Ctrl-C stops everything and keeps it.',
    )
    .action(async ({ auth, instances }: { auth?: boolean; instances: number }) => {
      const settings = await localSettings();
      const model = settings.DEFAULT_MODEL;
      await buildApp();
      let sample: object | undefined;
      const exitCode = await runStack({
        home: stackHome(),
        eventHubs: EVENT_HUBS,
        instances,
        port: wholeNumber(0)(process.env['PORT'] ?? '7071'),
        app: resolve(import.meta.dirname, '..'),
        auth: auth === true,
        env: { ...process.env, ...settings },
        beforeHost: async (connections) => {
          await provision(connections);
          const app = await connect(connections, model);
          await ensureFirstVersion(app, model);
          [sample] = await championSamples(app, model);
          await app.close();
        },
        onReady: ({ endpoints }) => greet(endpoints.http, sample),
      });
      process.exit(exitCode);
    }),
);

function greet(url: string, sample: object | undefined): void {
  console.log(`
Tollgate serves on ${url}

  API      ${url}/api/docs
  Models   ${url}/api/models
  Health   ${url}/api/health/ready
`);
  if (sample === undefined) return;
  const body = JSON.stringify({ transaction: sample }).replaceAll("'", String.raw`'\''`);
  console.log(`Score a transaction:

  curl -s ${url}/api/score -H 'content-type: application/json' -d '${body}'
`);
}
