import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { type Stack, startStack } from '../local/supervisor.ts';
import { EVENT_HUBS } from '../shared/azure/layout.ts';
import { readModelFiles } from '../shared/registry/model-folder.ts';
import { localSettings } from '../tools/app-settings.ts';
import { buildApp } from '../tools/build.ts';
import { championSamples, ensureFirstVersion } from '../tools/first-version.ts';
import { provision } from '../tools/provision.ts';
import { connect, stackSettings } from '../tools/stack-connection.ts';
import type { Server } from './host-process.ts';

export interface ScoringStack {
  /** The app's host. */
  readonly app: Server;
  /** Every process that works for a logged prediction: host, broker, storage. */
  readonly pids: readonly number[];
  /** Rows that the model understands. */
  readonly rows: readonly Record<string, unknown>[];
  readonly modelFile: string;
  readonly contractFile: string;
  /** A folder that goes when the stack is stopped. */
  readonly folder: string;
  /** The environment of a further host on the same services. */
  readonly env: Record<string, string | undefined>;
  readonly stop: () => Promise<void>;
}

/** The embedded stack with the default model, trained on generated rows. */
export async function startScoringStack(): Promise<ScoringStack> {
  const folder = mkdtempSync(join(tmpdir(), 'tollgate-bench-'));
  const settings = await localSettings();
  const model = settings.DEFAULT_MODEL;
  const modelFile = join(folder, 'model.onnx');
  const contractFile = join(folder, 'contract.json');
  let rows: readonly Record<string, unknown>[] = [];
  await buildApp();
  const stack: Stack = await startStack({
    home: join(folder, 'stack'),
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
      writeFileSync(contractFile, JSON.stringify(files.contract));
      await app.close();
    },
  });
  const { http, storage, cosmos, eventHubs = '', processes } = stack.endpoints;
  const host = processes.host?.[0] ?? 0;
  return {
    app: { port: Number(new URL(http).port), pid: host },
    pids: [host, processes.eventHubs ?? 0, processes.storage ?? 0],
    rows,
    modelFile,
    contractFile,
    folder,
    env: {
      ...process.env,
      ...settings,
      ...stackSettings({ storage, cosmos, eventHubs }, model),
      AzureWebJobsStorage: storage,
    },
    stop: async () => {
      await stack.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
