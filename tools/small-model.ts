import { Readable } from 'node:stream';
import { startServices } from '../local/supervisor.ts';
import type { App } from '../shared/app.ts';
import { EVENT_HUBS } from '../shared/azure/layout.ts';
import { compileContract } from '../shared/features/compile.ts';
import { type ModelDefinition, modelDefinitionSchema } from '../shared/features/definition.ts';
import { readDataset } from '../shared/training/dataset-store.ts';
import { parseHoldOut } from '../shared/training/hold-out.ts';
import { readLabelledRows } from '../shared/training/labelled-rows.ts';
import { registerVersion } from '../shared/training/register-version.ts';
import { stageRows } from '../shared/training/stage-rows.ts';
import { trainModel } from '../shared/training/train-model.ts';
import { openCsvTable } from '../shared/training/csv-table.ts';
import { keepRows } from './keep-rows.ts';
import { readDefinition } from './model-folders.ts';
import { provision } from './provision.ts';
import { generatedCsv, loadGenerator } from './row-generator.ts';
import { connect } from './stack-connection.ts';

/** Enough for a rare class to be on each side of every split. */
const ROWS = 10_000;
const SEED = 7;
/** Quick, with more than one trial and rung, and judged by nothing that depends on how busy the machine is. */
const QUICK = {
  search: {
    trials: 3,
    rungs: 2,
    learners: { logistic_regression: { l2: { from: 0.1, to: 10, scale: 'log' } } },
  },
  trainingGates: {
    champion: { aucRoc: null, averagePrecision: null },
    calibration: null,
    segmentGap: null,
    latency: null,
  },
  retrain: { promote: true },
};

/** A model's folder with a search of a few seconds. */
async function quickDefinition(model: string): Promise<ModelDefinition> {
  return modelDefinitionSchema.parse({ ...(await readDefinition(model)), ...QUICK });
}

/**
 * Makes a stack's folder with a data set version of some thousand generated rows and a first version, which says how
 * quickly the next ones are trained.
 * @throws Error where the model has no generator
 */
export async function makeSmallModel(home: string, model: string): Promise<void> {
  const services = await startServices({ home, eventHubs: EVENT_HUBS, log: () => undefined });
  try {
    await provision(services.endpoints);
    const app = await connect(services.endpoints, model);
    try {
      await firstVersion(app, await quickDefinition(model));
    } finally {
      await app.close();
    }
  } finally {
    await services.stop();
  }
}

async function firstVersion(app: App, definition: ModelDefinition): Promise<void> {
  const { model, title } = definition;
  const generator = await loadGenerator(model);
  if (generator === undefined) throw new Error(`'${model}' has no generator`);
  const csv = Buffer.from([...generatedCsv(generator, { rows: ROWS, seed: SEED })].join(''));
  const table = await openCsvTable(Readable.from([csv]), () => ',');
  const pieces: Buffer[] = [];
  const staged = await stageRows(table, definition, undefined, async (piece) => {
    pieces.push(Buffer.from(piece));
    await Promise.resolve();
  });
  const rows = () => Readable.from(pieces);
  const kept = await keepRows(app, { model, staged, rows, source: 'generator', at: new Date() });
  const { version: datasetVersion, file, delimiter = ',' } = kept.row;
  const bytes = await readDataset(app.datasets, kept.row);
  const fit = { learner: 'logistic_regression', params: {}, seed: SEED } as const;
  const trained = await trainModel({
    definition,
    data: readLabelledRows(compileContract(definition), bytes, delimiter),
    split: parseHoldOut('modulo:5:4'),
    ...fit,
    calibrated: false,
    dataset: { version: datasetVersion, sha256: file.sha256 },
  });
  const facts = { model, title, createdBy: { run: app.newId() }, ...fit, datasetVersion };
  await registerVersion(app.registry, app.models, trained, facts, new Date());
}
