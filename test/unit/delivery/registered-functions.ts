import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { z } from 'zod';
import { root } from './files.ts';

const registered = z.array(
  z.object({
    name: z.string(),
    retryOptions: z.unknown().optional(),
    bindings: z.record(z.string(), z.looseObject({ type: z.string(), direction: z.enum(['in', 'out']) })),
  }),
);

const SETTINGS = {
  DEFAULT_MODEL: 'fraud',
  STORAGE_CONNECTION: 'UseDevelopmentStorage=true',
  COSMOS_CONNECTION: 'AccountEndpoint=http://127.0.0.1:1/;AccountKey=AA==;',
  EVENTHUBS_CONNECTION:
    'Endpoint=sb://127.0.0.1;SharedAccessKeyName=n;SharedAccessKey=k;UseDevelopmentEmulator=true;',
};

/** What the built app tells the Node worker of Azure about its functions: the worker's module only writes it down. */
const CODE = `
import Module from 'node:module';
const require = Module.prototype.require;
const functions = [];
class Disposable { static from() { return new this(); } dispose() {} }
const core = {
  version: '3.12.0', hostVersion: '4.1046.0', Disposable, log() {},
  setProgrammingModel() {}, registerHook: () => new Disposable(),
  registerFunction: (metadata) => (functions.push(metadata), new Disposable()),
};
Module.prototype.require = function (id) {
  return id === '@azure/functions-core' ? core : require.call(this, id);
};
await import(process.argv[1]);
process.stdout.write(JSON.stringify(functions), () => process.exit(0));
`;

/** @param env settings that differ from the usual ones */
export function registeredFunctions(env: Readonly<Record<string, string>> = {}): z.infer<typeof registered> {
  const main = pathToFileURL(join(root, 'dist', 'main.js')).href;
  const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '--eval', CODE, main], {
    encoding: 'utf8',
    env: { PATH: process.env['PATH'], ...SETTINGS, ...env },
  });
  if (stdout === '') throw new Error(stderr);
  return registered.parse(JSON.parse(stdout));
}
