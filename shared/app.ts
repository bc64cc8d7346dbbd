import { randomFillSync } from 'node:crypto';
import type { Group } from './access/groups.ts';
import { type Guard, tokenGuards } from './access/guard.ts';
import { Alerts } from './alerts/alerts.ts';
import { webhookPoster } from './alerts/post-webhook.ts';
import { blobsOf, openBlobService } from './azure/blob.ts';
import { documentsOf, openCosmos } from './azure/cosmos.ts';
import { openTelemetry } from './azure/telemetry.ts';
import { rollupRowsOf } from './azure/cosmos-rollups.ts';
import { openEventSender } from './azure/event-hubs.ts';
import { logBlobsOf } from './azure/log-blobs.ts';
import type { Settings } from './config.ts';
import { readSettings } from './config.ts';
import type { DecisionParts } from './events/decision.ts';
import { findPrediction } from './events/find-prediction.ts';
import { LABELS_HUB, PREDICTIONS_HUB } from './events/log-layout.ts';
import { Failure, messageOf } from './failure.ts';
import { parseContract } from './features/contract.ts';
import { LineageLog } from './lineage/lineage-log.ts';
import { eventPoster } from './lineage/post-event.ts';
import { findLabel } from './outcomes/find-label.ts';
import { type Logging, loggingOf } from './logging.ts';
import type { PromotionParts } from './promotion/parts.ts';
import { PromotionStore } from './promotion/store.ts';
import { tellOfPromotion } from './promotion/tell-telemetry.ts';
import { Catalogue } from './registry/catalogue.ts';
import { readModelFiles, readVerified } from './registry/model-folder.ts';
import type { Blobs, LargeBlobs } from './registry/ports.ts';
import { Registry } from './registry/registry.ts';
import type { VersionRow } from './registry/rows.ts';
import { TrafficView } from './registry/traffic-view.ts';
import type { RollupRows } from './rollups/ports.ts';
import { RollupWriter } from './rollups/rollup-writer.ts';
import { loadModel } from './scoring/load-model.ts';
import { MeasuredRecorder } from './scoring/measured-recorder.ts';
import { ModelPool } from './scoring/model-pool.ts';
import { predictionIds } from './scoring/prediction-ids.ts';
import { Recorder } from './scoring/recorder.ts';
import type { ScoringParts } from './scoring/score.ts';
import { Serving } from './scoring/serving.ts';
import { ShadowScorer } from './scoring/shadow.ts';
import { startShadowThread } from './scoring/shadow-thread.ts';
import { NO_TELEMETRY, type Telemetry } from './telemetry.ts';
import type { RetrainParts } from './training/retrain-parts.ts';
import { runInThread } from './training/retrain-thread.ts';
import { RunStore } from './training/run-record.ts';
import { tellOfRun } from './training/tell-telemetry.ts';
import { type Watching, watchingOf } from './watching.ts';

/** Everything that functions and tools use, wired to real services. */
export interface App extends Watching, Omit<Logging, 'closeLogs'> {
  readonly settings: Settings;
  readonly registry: Registry;
  readonly catalogue: Catalogue;
  readonly models: Blobs;
  readonly datasets: Blobs & LargeBlobs;
  readonly scoring: ScoringParts;
  /** The minute rows, for those who read them. */
  readonly rollups: RollupRows;
  readonly promotions: PromotionParts;
  readonly lineage: LineageLog;
  readonly decisions: DecisionParts;
  /** The names of all models. */
  readonly modelNames: () => Promise<string[]>;
  readonly retraining: Omit<RetrainParts, 'promote'>;
  readonly alerts: Alerts;
  readonly telemetry: Telemetry;
  readonly newId: () => string;
  /** Finishes running work and closes what holds resources. */
  close(): Promise<void>;
}

/**
 * Builds an app that talks to the services that `settings` name. Nothing is connected before it is used.
 * @param telemetry where the app says what it does; only a worker does so, not the commands
 */
export async function buildApp(settings: Settings, telemetry: Telemetry = NO_TELEMETRY): Promise<App> {
  const [blobService, database] = await Promise.all([
    openBlobService(settings.storage),
    openCosmos(settings.cosmos),
  ]);
  const models = blobsOf(blobService, 'models');
  const datasets = blobsOf(blobService, 'datasets');
  const documents = documentsOf(database, 'registry');
  const registry = new Registry(documents, models);
  const now = () => performance.now();
  const newId = predictionIds(Date.now, randomFillSync);
  const warn = (message: string, error?: unknown) =>
    console.warn(error === undefined ? message : `${message}: ${withCause(error)}`);
  const sender = await openEventSender(settings.eventHubs, PREDICTIONS_HUB);
  const rollups = rollupRowsOf(database, 'rollups');
  const modelNames = () => registry.modelNames();
  const { closeLogs, ...logging } = loggingOf({
    mode: settings.predictionLog,
    senders: { predictions: sender, labels: await openEventSender(settings.eventHubs, LABELS_HUB) },
    blobs: (container, boundMs) => logBlobsOf(blobService, container, boundMs),
    counter: new RollupWriter(rollups),
    telemetry,
    modelNames,
    newId,
    now,
    report: warn,
  });
  const { log, predictions, labels } = logging;
  const contractOf = async (row: VersionRow) =>
    parseContract(JSON.parse(Buffer.from(await readVerified(models, row, 'contract.json')).toString('utf8')));
  const pool = new ModelPool(
    async (model, version) => {
      // Beside the model, so that the first prediction finds its connection open.
      void log.warmUp();
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
  const shadow = new ShadowScorer({
    start: startShadowThread,
    send: (events) => log.append(events),
    newId,
    now,
    report: warn,
  });
  const lineage = new LineageLog({
    documents: documentsOf(database, 'lineage'),
    post: settings.openLineageUrl === undefined ? undefined : eventPoster(settings.openLineageUrl),
    report: warn,
  });
  const promotionStore = new PromotionStore(documents, models, (before, after) =>
    tellOfPromotion(telemetry, before, after),
  );
  const recorder = new Recorder(log, sender.maxBytes);
  return {
    settings,
    registry,
    catalogue: new Catalogue(registry, settings.defaultModel),
    models,
    datasets,
    scoring: {
      serving: new Serving(traffic, pool, Date.now),
      recorder: telemetry === NO_TELEMETRY ? recorder : new MeasuredRecorder(recorder, telemetry),
      newId,
      now,
      shadow,
    },
    ...logging,
    rollups,
    promotions: {
      store: promotionStore,
      registry,
      rollups,
      planOf: async (row) => (await contractOf(row)).plan,
      newId,
      time: Date.now,
      report: warn,
    },
    lineage,
    decisions: {
      find: (model, id) => findPrediction({ predictions, spill: logging.replaying.spill }, model, id),
      policyOf: async (model, version) => {
        const row = await registry.version(model, version);
        if (row === undefined)
          throw new Failure('not-found', `Version ${version} of '${model}' is not registered`);
        return (await contractOf(row)).policy;
      },
      labelOf: (model, id) => findLabel(labels, [model], id),
    },
    modelNames,
    ...watchingOf({
      registry,
      models,
      datasets,
      documents,
      logs: { predictions, labels },
      histograms: blobsOf(blobService, 'histograms'),
      reports: blobsOf(blobService, 'reports'),
      rollups,
      promotions: promotionStore,
      now,
      report: warn,
    }),
    retraining: {
      runs: new RunStore(documents, (row) => tellOfRun(telemetry, row)),
      lineage,
      registry,
      models,
      datasets,
      logs: { predictions, labels },
      work: runInThread,
      newId,
      time: Date.now,
    },
    alerts: new Alerts({
      documents,
      post: webhookPoster(settings.alerts, settings.publicUrl),
      record: ({ key, model, state, severity, title }) =>
        warn(`${model}: ${key} ${state} (${severity}): ${title}`),
      time: Date.now,
      report: warn,
    }),
    telemetry,
    newId,
    close: async () => {
      await shadow.close();
      await closeLogs();
      await pool.close();
    },
  };
}

let guards: ((group: Group) => Guard | undefined) | undefined;
let telemetry: Promise<Telemetry> | undefined;
let app: Promise<App> | undefined;

/** What stands before the routes of a group; undefined where that is the host, which asks for keys. */
export function guardOf(group: Group): Guard | undefined {
  guards ??= guardsOf(readSettings(process.env));
  return guards(group);
}

function guardsOf({ entra }: Settings): (group: Group) => Guard | undefined {
  return entra === undefined ? () => undefined : tokenGuards(entra);
}

/** The worker's telemetry; without the rest of the app, so that whatever becomes of that is told, too. */
export function theTelemetry(): Promise<Telemetry> {
  telemetry ??= openTelemetry(readSettings(process.env).telemetry);
  return telemetry;
}

/** The worker's app: its parts are built once, the first time they are needed. */
export function theApp(): Promise<App> {
  app ??= theTelemetry().then((opened) => buildApp(readSettings(process.env), opened));
  return app;
}

/** Closes the worker's app, if it was ever built. */
export async function closeApp(): Promise<void> {
  try {
    await (await app)?.close();
  } finally {
    await (await telemetry)?.close();
  }
}

function withCause(error: unknown): string {
  const cause = error instanceof Error && error.cause !== undefined ? ` (${messageOf(error.cause)})` : '';
  return messageOf(error) + cause;
}
