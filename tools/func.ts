import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { access, constants } from 'node:fs/promises';
import { delimiter, join, resolve } from 'node:path';
import { startServices, stopOnSignals } from '../local/supervisor.ts';
import { EVENT_HUBS } from '../shared/azure/layout.ts';
import { localSettings, namedServices } from './app-settings.ts';
import { buildApp } from './build.ts';
import { commandLine, EXIT, run } from './command-line.ts';
import { ensureFirstVersion } from './first-version.ts';
import { provision } from './provision.ts';
import { connect, stackHome, stackSettings } from './stack-connection.ts';

const root = resolve(import.meta.dirname, '..');

const MISSING = `Azure Functions Core Tools are not installed. The npm package fetches its program from Microsoft's servers,
which this project's install does not do. Where they can be reached: npx azure-functions-core-tools --version
or install Core Tools for the machine, so that 'func' is on the PATH. 'npm start' needs neither.`;

await run(
  commandLine('func', 'Runs the app under Azure Functions Core Tools, with the embedded services.')
    .option('--emulators', 'use the services that the environment names, such as the official emulators')
    .action(async ({ emulators }: { emulators?: boolean }) => {
      const program = await findCoreTools();
      if (program === undefined) {
        console.error(MISSING);
        process.exitCode = EXIT.usage;
        return;
      }
      await buildApp();
      process.exitCode =
        emulators === true ? await start(program, namedServices(process.env)) : await startEmbedded(program);
    }),
);

interface Connections {
  readonly storage: string;
  readonly cosmos: string;
  readonly eventHubs?: string;
}

async function startEmbedded(program: string): Promise<number> {
  const services = await startServices({ home: stackHome(), eventHubs: EVENT_HUBS });
  stopOnSignals(services);
  try {
    return await start(program, services.endpoints);
  } finally {
    await services.stop();
  }
}

/** Runs Core Tools until they end, with a model to serve. */
async function start(program: string, connections: Connections): Promise<number> {
  const settings = await localSettings();
  await provision(connections);
  const app = await connect(connections, settings.DEFAULT_MODEL);
  await ensureFirstVersion(app, settings.DEFAULT_MODEL);
  await app.close();
  const child = spawn(program, ['start', '--port', process.env['PORT'] ?? '7071'], {
    cwd: root,
    stdio: 'inherit',
    env: {
      ...process.env,
      ...settings,
      ...stackSettings(connections, settings.DEFAULT_MODEL),
      AzureWebJobsStorage: connections.storage,
      FUNCTIONS_WORKER_RUNTIME: 'node',
    },
  });
  const exit: unknown = (await once(child, 'exit'))[0];
  return exit === 0 ? EXIT.done : EXIT.failed;
}

/** The program itself: npm's `func` is only a script that would fetch it. */
async function findCoreTools(): Promise<string | undefined> {
  const own = join(root, 'node_modules', 'azure-functions-core-tools', 'bin');
  const elsewhere = (process.env['PATH'] ?? '')
    .split(delimiter)
    .filter((folder) => !folder.includes('node_modules'));
  for (const folder of [own, ...elsewhere]) {
    const program = join(folder, 'func');
    const found = await access(program, constants.X_OK).then(
      () => true,
      () => false,
    );
    if (found) return program;
  }
  return undefined;
}
