import { setTimeout as wait } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { endWithSupervisor, reportReady } from '../child-protocol.ts';
import { defaultKeysFile, startHost } from './host.ts';
import type { HostReport } from './protocol.ts';

/**
 * The process of the Functions host. Started with a channel (by the supervisor) it reports what ./protocol.ts says
 * and lives as long as its parent wants; started by hand it ends on SIGINT or SIGTERM.
 *
 *   node [--max-semi-space-size=8] local/host/main.ts --app DIR --state DIR [--port N] [--auth] [--keys FILE]
 *        [--storage CONNECTION] [--http direct|library] [--shared-port]
 *
 * Defaults: the port is PORT or 7071 (0 lets the system choose), keys are in DIR/keys.json, `--http` is
 * TOLLGATE_HOST_HTTP or `direct`. `--storage` sets AzureWebJobsStorage. With `--shared-port` several hosts of the app
 * listen on one port. A small young generation keeps the pauses of garbage collection short under load.
 */

/** How long a stop waits for a host that is still starting. */
const loadingMilliseconds = 1_500;

const usage =
  'usage: main.ts --app DIR --state DIR [--port N] [--auth] [--keys FILE] [--storage CONNECTION] [--http direct|library] [--shared-port]';

function readArguments() {
  const { values } = parseArgs({
    options: {
      app: { type: 'string' },
      state: { type: 'string' },
      port: { type: 'string', default: process.env['PORT'] ?? '7071' },
      auth: { type: 'boolean', default: false },
      keys: { type: 'string' },
      storage: { type: 'string' },
      'shared-port': { type: 'boolean', default: false },
      http: { type: 'string', default: process.env['TOLLGATE_HOST_HTTP'] ?? 'direct' },
    },
  });
  const { app, state, http } = values;
  const port = Number(values.port);
  if (app === undefined || state === undefined) throw new Error('--app and --state are needed');
  if (!Number.isInteger(port) || port < 0 || port > 65_535) throw new Error(`'${values.port}' is not a port`);
  const conversion: 'direct' | 'library' | undefined =
    http === 'direct' || http === 'library' ? http : undefined;
  if (conversion === undefined) throw new Error(`--http is direct or library, not '${http}'`);
  const { auth, keys, storage, 'shared-port': sharedPort } = values;
  return { app, state, port, conversion, auth, keys, storage, sharedPort };
}

function report(message: HostReport): void {
  if (process.connected) process.send?.(message);
}

function explain(error: unknown, port: number): string {
  if (error instanceof Error && 'code' in error && error.code === 'EADDRINUSE') {
    return `Port ${String(port)} is in use. Set PORT to another one.`;
  }
  if (error instanceof Error && 'code' in error && error.code === 'ENOTSUP') {
    return 'This system does not share a port between processes: only one instance can run here.';
  }
  return error instanceof Error ? error.message : String(error);
}

/** Ends the process by `stop` at the first SIGINT or SIGTERM; further ones do not cut that short. */
function endOnSignals(stop: () => Promise<void>): void {
  let ending = false;
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.on(signal, () => {
      if (ending) return;
      ending = true;
      stop().then(
        () => process.exit(0),
        (error: unknown) => {
          console.error(error);
          process.exit(1);
        },
      );
    });
  }
}

/** Tells the parent why the host could not start, and ends. */
function fail(error: unknown, port: number): void {
  const message = explain(error, port);
  console.error(message);
  if (error instanceof Error && error.cause !== undefined) console.error(error.cause);
  const end = (): never => process.exit(1);
  if (process.connected)
    process.send?.({ type: 'failed', message } satisfies HostReport, undefined, undefined, end);
  else end();
}

async function main(): Promise<void> {
  let options: ReturnType<typeof readArguments>;
  try {
    options = readArguments();
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : String(error)}\n${usage}`);
    process.exit(2);
  }
  const { app, state, port, conversion, auth, keys, storage, sharedPort } = options;
  if (storage !== undefined) process.env['AzureWebJobsStorage'] = storage;
  const starting = startHost({
    appDirectory: app,
    stateDirectory: state,
    port,
    sharedPort,
    conversion,
    keysFile: auth ? (keys ?? defaultKeysFile(state)) : undefined,
    environment: process.env,
    listening: (bound) => {
      report({ type: 'listening', http: { port: bound } });
    },
  });
  const stop = async (): Promise<void> => {
    // An app that is about to run is ended properly; one that still loads has done nothing yet.
    const host = await Promise.race([starting, wait(loadingMilliseconds, undefined, { ref: false })]);
    await host?.stop();
  };
  if (process.send === undefined) endOnSignals(stop);
  else endWithSupervisor(stop);
  try {
    const { functions, problems, port: bound } = await starting;
    if (process.connected) reportReady({ http: { port: bound }, functions, problems });
  } catch (error) {
    fail(error, port);
  }
}

await main();
