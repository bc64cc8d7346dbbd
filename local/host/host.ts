import { mkdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { createAppLog } from './app-log.ts';
import { AppRegistry } from './app-registry.ts';
import { applyLocalSettings } from './app-settings.ts';
import { openCoordination } from './coordination.ts';
import { createCoreModule, provideCoreModule } from './core-module.ts';
import { DurableDriver } from '../durable/durable-driver.ts';
import { EventHubsDriver } from './event-hubs/event-hubs-driver.ts';
import { runAppStart, runAppTerminate } from './hooks.ts';
import { readHostJson } from './host-json.ts';
import { HttpDriver } from './http-driver.ts';
import { HttpServer } from './http-server.ts';
import { indexFunctions } from './index-functions.ts';
import { Invoker } from './invoker.ts';
import { readOrCreateKeys } from './keys.ts';
import { loadEntryPoints, readPackageJson } from './load-app.ts';
import { createLogger } from './log.ts';
import type { FunctionProblem, FunctionReport } from './protocol.ts';
import { TimerDriver } from './timer-driver.ts';
import type { HostServices, TriggerDriver } from './trigger-driver.ts';

/** Azure gives the appTerminate hooks this long. */
const terminateMilliseconds = 5_000;
/** How long running invocations may take to finish when the host ends. */
const drainMilliseconds = 2_500;

export interface HostOptions {
  readonly appDirectory: string;
  /** A folder that lasts from run to run; all hosts of the app have the same. */
  readonly stateDirectory: string;
  /** 0 lets the system choose. */
  readonly port: number;
  /** Whether further hosts of the app listen on the port. */
  readonly sharedPort?: boolean;
  /** Where the keys are, when keys are asked for. */
  readonly keysFile?: string | undefined;
  /** See HttpDriverOptions. */
  readonly conversion: 'direct' | 'library';
  /** The environment of the process: the app reads it, so the host's own settings are put there. */
  readonly environment: NodeJS.ProcessEnv;
  /** Called once the port is bound, before the app loads. */
  readonly listening?: (port: number) => void;
  /** Drivers of further trigger types. */
  readonly drivers?: readonly ((services: HostServices) => TriggerDriver)[];
}

export interface RunningHost {
  readonly port: number;
  readonly functions: readonly FunctionReport[];
  readonly problems: readonly FunctionProblem[];
  /** Finishes what runs, runs the app's terminate hooks, closes everything. */
  stop(): Promise<void>;
}

/**
 * Loads a Functions app and runs its triggers until `stop`. One process runs one app: the app's library finds the
 * host through `require`, its settings in the environment, its files in the working directory.
 * @throws Error when the port is taken, or the app's files cannot be read or loaded
 */
export async function startHost(options: HostOptions): Promise<RunningHost> {
  const { environment } = options;
  const appDirectory = resolve(options.appDirectory);
  const stateDirectory = resolve(options.stateDirectory);
  const keysFile = options.keysFile === undefined ? undefined : resolve(options.keysFile);
  const hostJson = await readHostJson(appDirectory, environment);
  const packageJson = await readPackageJson(appDirectory);
  await mkdir(stateDirectory, { recursive: true });

  const registry = new AppRegistry();
  const streams = { out: process.stdout, err: process.stderr };
  const log = createAppLog(
    registry,
    createLogger(hostJson.logLevels, streams, () => new Date()),
  );
  const { port, sharedPort = false } = options;
  const server = HttpServer.create({ port, shared: sharedPort });
  // Where others may serve already, connections come to this host when its app is there.
  const joins = sharedPort && port !== 0;
  if (!joins) await server.listen();
  try {
    if (!joins) options.listening?.(server.port);
    const baseUrl = `http://127.0.0.1:${String(server.port)}`;
    await applyLocalSettings(appDirectory, environment);
    environment['WEBSITE_HOSTNAME'] = `127.0.0.1:${String(server.port)}`;
    environment['FUNCTIONS_WORKER_RUNTIME'] = 'node';
    environment['AZURE_FUNCTIONS_ENVIRONMENT'] ??= 'Development';
    process.chdir(appDirectory);

    provideCoreModule(
      createCoreModule(registry, (level, category, text) => log.general(level, text, category)),
    );
    const entryPoints = await loadEntryPoints(appDirectory, packageJson);
    await runAppStart(registry, appDirectory);
    registry.locked = true;
    if (entryPoints.length === 0)
      log.general('warning', 'package.json has no "main": the app has no functions.');
    await refuseStreaming(registry);

    const invoker = new Invoker(registry, log);
    const services: HostServices = {
      log,
      environment,
      stateDirectory,
      baseUrl,
      invoke: async (target, invocation) => invoker.invoke(target, invocation),
      systemKey: async (name) =>
        keysFile === undefined ? undefined : (await readOrCreateKeys(keysFile, [], [name])).systemKeys[name],
      mount: (path, listener) => {
        server.mount(path, listener);
      },
    };
    const http = new HttpDriver(invoker, {
      routePrefix: hostJson.routePrefix,
      baseUrl,
      conversion: options.conversion,
      keysFile,
    });
    const drivers: TriggerDriver[] = [
      http,
      new TimerDriver(services, () => openCoordination(environment, appDirectory, stateDirectory), Date.now),
      new EventHubsDriver(services, hostJson.extensions),
      new DurableDriver(services, hostJson.extensions),
      ...(options.drivers ?? []).map((make) => make(services)),
    ];
    const { functions, problems } = indexFunctions(registry, drivers, environment);
    for (const { message } of problems) log.general('error', message);
    for (const { name, description } of functions) log.general('information', `${name}: ${description}`);
    for (const driver of drivers) {
      await driver.start();
    }
    server.open((message, response) => {
      http.handle(message, response);
    });
    if (joins) {
      await server.listen();
      options.listening?.(server.port);
    }

    const stop = async (): Promise<void> => {
      const drained = drivers.map(async (driver) => {
        await driver.stop();
      });
      await Promise.all([
        server.close(drainMilliseconds),
        within(drainMilliseconds, Promise.all(drained), () => {
          log.general('warning', 'Invocations are still running; they are cut off.');
        }),
      ]);
      try {
        await within(terminateMilliseconds, runAppTerminate(registry), () => {
          log.general('warning', "The app's terminate hooks took longer than 5 seconds.");
        });
      } catch (error) {
        log.general('error', `An appTerminate hook failed: ${String(error)}`);
      }
    };
    return { port: server.port, functions, problems, stop };
  } catch (error) {
    await server.close(0);
    throw error;
  }
}

/** The default place of the keys below a state directory. */
export function defaultKeysFile(stateDirectory: string): string {
  return join(stateDirectory, 'keys.json');
}

/**
 * Ends the app's set-up phase, as Azure does. An app that asks for HTTP streams makes its library open a server of
 * its own, on all network interfaces, which this host does not proxy to.
 */
async function refuseStreaming(registry: AppRegistry): Promise<void> {
  const capabilities = await registry.programmingModel?.getCapabilities?.({});
  if (capabilities !== undefined && 'HttpUri' in capabilities) {
    throw new Error('The app asks for HTTP streaming (enableHttpStream), which this host does not support.');
  }
}

async function within(milliseconds: number, work: Promise<unknown>, late: () => void): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<'late'>((done) => {
    timer = setTimeout(() => {
      done('late');
    }, milliseconds);
  });
  try {
    if ((await Promise.race([work, limit])) === 'late') late();
  } finally {
    clearTimeout(timer);
  }
}
