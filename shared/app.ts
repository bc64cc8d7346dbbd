import { randomFillSync } from 'node:crypto';
import { blobsOf, openBlobService } from './azure/blob.ts';
import { documentsOf, openCosmos } from './azure/cosmos.ts';
import type { Settings } from './config.ts';
import { readSettings } from './config.ts';
import { Failure, messageOf } from './failure.ts';
import { Catalogue } from './registry/catalogue.ts';
import { readModelFiles } from './registry/model-folder.ts';
import type { Blobs } from './registry/ports.ts';
import { Registry } from './registry/registry.ts';
import { TrafficView } from './registry/traffic-view.ts';
import { loadModel } from './scoring/load-model.ts';
import { ModelPool } from './scoring/model-pool.ts';
import { predictionIds } from './scoring/prediction-ids.ts';
import type { ScoringParts } from './scoring/score.ts';
import { Serving } from './scoring/serving.ts';

/** Everything that functions and tools use, wired to real services. */
export interface App {
  readonly settings: Settings;
  readonly registry: Registry;
  readonly catalogue: Catalogue;
  readonly models: Blobs;
  readonly datasets: Blobs;
  readonly scoring: ScoringParts;
  readonly newId: () => string;
  /** Finishes running work and closes what holds resources. */
  close(): Promise<void>;
}

/** Builds an app that talks to the services that `settings` name. Nothing is connected before it is used. */
export async function buildApp(settings: Settings): Promise<App> {
  const [blobService, database] = await Promise.all([
    openBlobService(settings.storage),
    openCosmos(settings.cosmos),
  ]);
  const models = blobsOf(blobService, 'models');
  const registry = new Registry(documentsOf(database, 'registry'), models);
  const now = () => performance.now();
  const newId = predictionIds(Date.now, randomFillSync);
  const warn = (message: string, error: unknown) => console.warn(`${message}: ${withCause(error)}`);
  const pool = new ModelPool(
    async (model, version) => {
      const row = await registry.version(model, version);
      if (row === undefined) throw new Failure('not-found', `There is no version ${version} of '${model}'`);
      return loadModel(model, version, await readModelFiles(models, row));
    },
    now,
    warn,
  );
  const traffic = new TrafficView(
    async (model) => (await registry.traffic(model))?.row,
    now,
    (error) => warn('The traffic row could not be refreshed; the last known one is used', error),
  );
  return {
    settings,
    registry,
    catalogue: new Catalogue(registry, settings.defaultModel),
    models,
    datasets: blobsOf(blobService, 'datasets'),
    scoring: { serving: new Serving(traffic, pool), newId },
    newId,
    close: () => pool.close(),
  };
}

let app: Promise<App> | undefined;

/** The worker's app: its parts are built once, the first time they are needed. */
export function theApp(): Promise<App> {
  app ??= buildApp(readSettings(process.env));
  return app;
}

/** Closes the worker's app, if it was ever built. */
export async function closeApp(): Promise<void> {
  await (await app)?.close();
}

function withCause(error: unknown): string {
  const cause = error instanceof Error && error.cause !== undefined ? ` (${messageOf(error.cause)})` : '';
  return messageOf(error) + cause;
}
