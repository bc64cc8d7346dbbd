import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { z } from 'zod';
import { startStack } from '../local/supervisor.ts';
import { EVENT_HUBS } from '../shared/azure/layout.ts';
import { compileContract } from '../shared/features/compile.ts';
import { readModelFiles } from '../shared/registry/model-folder.ts';
import { localSettings } from '../tools/app-settings.ts';
import { buildApp } from '../tools/build.ts';
import { championSamples, ensureFirstVersion } from '../tools/first-version.ts';
import { provision } from '../tools/provision.ts';
import { connect } from '../tools/stack-connection.ts';

const portSchema = z.object({ port: z.number() });

export interface Server {
  readonly port: number;
  readonly pid: number;
}

export interface ScoringStack {
  readonly app: Server;
  /** A run per request, and the requests of a tick sharing one. */
  readonly bareEach: Server;
  readonly bareShared: Server;
  /** Rows that the model understands. */
  readonly rows: readonly Record<string, unknown>[];
  readonly home: string;
  readonly modelFile: string;
  readonly width: number;
  readonly stop: () => Promise<void>;
}

/** The embedded stack with the default model, and the bare servers with the very same model file. */
export async function startScoringStack(): Promise<ScoringStack> {
  const home = mkdtempSync(join(tmpdir(), 'tollgate-bench-'));
  const settings = await localSettings();
  const model = settings.DEFAULT_MODEL;
  const modelFile = join(home, 'model.onnx');
  let rows: readonly Record<string, unknown>[] = [];
  let width = 0;
  await buildApp();
  const stack = await startStack({
    home: join(home, 'stack'),
    port: 0,
    eventHubs: EVENT_HUBS,
    app: resolve(import.meta.dirname, '..'),
    env: { ...process.env, ...settings },
    log: () => undefined,
    beforeHost: async (connections) => {
      await provision(connections);
      const app = await connect(connections, model);
      await ensureFirstVersion(app, model);
      rows = await championSamples(app, model);
      const row = await app.registry.version(model, '1');
      if (row === undefined) throw new Error(`'${model}' has no version to measure`);
      const files = await readModelFiles(app.models, row);
      writeFileSync(modelFile, files.onnx);
      width = compileContract(files.contract).width;
      await app.close();
    },
  });
  const [each, shared] = await Promise.all([
    startBare(modelFile, width, 'each'),
    startBare(modelFile, width, 'shared'),
  ]);
  return {
    app: { port: Number(new URL(stack.endpoints.http).port), pid: stack.endpoints.processes.host?.[0] ?? 0 },
    bareEach: each.server,
    bareShared: shared.server,
    rows,
    home: join(home, 'stack'),
    modelFile,
    width,
    stop: async () => {
      each.child.disconnect();
      shared.child.disconnect();
      await stack.stop();
      rmSync(home, { recursive: true, force: true });
    },
  };
}

async function startBare(
  model: string,
  width: number,
  mode: string,
): Promise<{ child: ChildProcess; server: Server }> {
  const child = fork(join(import.meta.dirname, 'bare-server.ts'), [model, String(width), mode], {
    execArgv: ['--max-semi-space-size=8'],
  });
  const message: unknown = (await once(child, 'message'))[0];
  return { child, server: { port: portSchema.parse(message).port, pid: child.pid ?? 0 } };
}
