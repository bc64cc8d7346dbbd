import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { join, resolve } from 'node:path';
import { z } from 'zod';

export interface Server {
  readonly port: number;
  readonly pid: number;
}

export interface ServerProcess extends Server {
  readonly stop: () => Promise<void>;
}

const root = resolve(import.meta.dirname, '..');
/** As the stack starts its hosts. */
const NODE_FLAGS = ['--max-semi-space-size=8'];
const hostReady = z.object({
  type: z.literal('ready'),
  http: z.object({ port: z.number() }),
  functions: z.array(z.object({ name: z.string(), trigger: z.string() })),
});
const bareReady = z.object({ port: z.number() });
const brokerReady = z.object({ type: z.literal('ready'), port: z.number(), connectionString: z.string() });

export interface HostProcess extends ServerProcess {
  readonly functions: readonly { readonly name: string; readonly trigger: string }[];
}

/** An embedded host with an app of its own, on a free port. */
export async function startHost(
  app: string,
  state: string,
  env: Record<string, string | undefined>,
): Promise<HostProcess> {
  const args = [`--app=${app}`, `--state=${state}`, '--port=0'];
  let functions: HostProcess['functions'] = [];
  const host = await started('local/host/main.ts', args, env, (message) => {
    const ready = hostReady.safeParse(message).data;
    functions = ready?.functions ?? [];
    return ready?.http.port;
  });
  return { ...host, functions };
}

/** `bare-server.ts` with a model and its contract: `each` runs every request by itself, `shared` those of a tick together. */
export function startBareServer(
  model: string,
  contract: string,
  mode: 'each' | 'shared',
): Promise<ServerProcess> {
  const args = [model, contract, mode];
  return started(
    'bench/bare-server.ts',
    args,
    process.env,
    (message) => bareReady.safeParse(message).data?.port,
  );
}

/** A broker beside the stack's. */
export async function startBroker(
  folder: string,
  hub: string,
): Promise<ServerProcess & { connection: string }> {
  let connection = '';
  const broker = await started(
    'local/event-hubs-server.ts',
    ['--folder', folder, '--hub', hub],
    process.env,
    (message) => {
      const ready = brokerReady.safeParse(message).data;
      connection = ready?.connectionString ?? '';
      return ready?.port;
    },
  );
  return { ...broker, connection };
}

async function started(
  entry: string,
  args: readonly string[],
  env: Record<string, string | undefined>,
  portIn: (message: unknown) => number | undefined,
): Promise<ServerProcess> {
  const child = fork(join(root, entry), args, { env, execArgv: NODE_FLAGS, silent: true });
  let port: number | undefined;
  while (port === undefined) port = portIn(await messageOf(child, entry));
  return { port, pid: child.pid ?? 0, stop: () => stopped(child) };
}

async function messageOf(child: ChildProcess, entry: string): Promise<unknown> {
  const message = once(child, 'message').then((values): unknown => values[0]);
  const end = once(child, 'exit').then(() => Promise.reject(new Error(`${entry} ended before it was ready`)));
  return Promise.race([message, end]);
}

async function stopped(child: ChildProcess): Promise<void> {
  const ended = once(child, 'exit');
  child.disconnect();
  await ended;
}
