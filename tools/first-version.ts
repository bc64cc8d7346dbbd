import type { App } from '../shared/app.ts';
import { ingestEvents } from '../shared/lineage/events.ts';
import { readModelFiles } from '../shared/registry/model-folder.ts';
import { storeDataset } from '../shared/training/dataset-store.ts';
import { generatedCsv, loadGenerator } from './row-generator.ts';
import { train } from './train.ts';

/** Rows that a model's generator makes for its first data set version. */
const FIRST_ROWS = 100_000;
const FIRST_SEED = 1;
const DAY = 86_400_000;

/** Trains a model on generated rows where it has no version yet; one without a generator is left alone. */
export async function ensureFirstVersion(app: App, model: string): Promise<void> {
  if ((await app.registry.traffic(model)) !== undefined) return;
  const generator = await loadGenerator(model);
  if (generator === undefined) {
    const how = `npm run train -- --model ${model} --file …`;
    console.error(
      `'${model}' has no version and no generator: nothing can be scored until you train it (${how})`,
    );
    return;
  }
  const at = new Date();
  console.error(`'${model}' has no version yet: training its first one on ${FIRST_ROWS} generated rows...`);
  // Up to the last midnight, so that traffic of today looks like the days before it.
  const to = Math.floor(at.getTime() / DAY) * DAY;
  const bytes = Buffer.from(
    [...generatedCsv(generator, { rows: FIRST_ROWS, seed: FIRST_SEED, to })].join(''),
  );
  const source = `generator, seed ${FIRST_SEED}`;
  const data = { model, bytes, rows: FIRST_ROWS, source, at };
  const dataset = await storeDataset(app.registry, app.datasets, data);
  await app.lineage.record(model, ingestEvents(dataset, app.newId(), at, new Date()));
  const { version, metrics, fitSeconds } = await train(app, { model, seed: 0, register: true });
  console.error(`Trained version ${version} in ${fitSeconds.toFixed(1)} s: ${JSON.stringify(metrics)}`);
}

/** The samples that the model's champion was registered with: rows that it understands. */
export async function championSamples(app: App, model: string): Promise<Record<string, unknown>[]> {
  const traffic = await app.registry.traffic(model);
  const row = traffic && (await app.registry.version(model, traffic.row.champion.version));
  if (row === undefined) return [];
  const { samples } = await readModelFiles(app.models, row);
  return samples.map((sample) => sample.row);
}
