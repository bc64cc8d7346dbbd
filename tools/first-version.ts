import { Readable } from 'node:stream';
import type { App } from '../shared/app.ts';
import { readModelFiles } from '../shared/registry/model-folder.ts';
import { openCsvTable } from '../shared/training/csv-table.ts';
import { stageRows } from '../shared/training/stage-rows.ts';
import { keepRows } from './keep-rows.ts';
import { readDefinition, readSuite } from './model-folders.ts';
import { generatedCsv, loadGenerator } from './row-generator.ts';
import { trainOnce } from './train.ts';

/** Rows that a model's generator makes for its first data set version. */
const FIRST_ROWS = 100_000;
const FIRST_SEED = 1;
const DAY = 86_400_000;
/** Characters that are read at a time. */
const PIECE = 1_048_576;

/** Trains a model on generated rows where it has no version yet; one without a generator is left alone. */
export async function ensureFirstVersion(app: App, model: string): Promise<void> {
  if ((await app.registry.traffic(model)) !== undefined) return;
  if (await app.registry.isLost(model)) {
    console.error(
      `The registry has lost '${model}', whose versions are in Blob: nothing can be scored until you rebuild it (npm run recover -- --rebuild-registry)`,
    );
    return;
  }
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
  const lines = generatedCsv(generator, { rows: FIRST_ROWS, seed: FIRST_SEED, to });
  const table = await openCsvTable(piecesOf(lines), () => ',');
  const stored: Buffer[] = [];
  const staged = await stageRows(
    table,
    await readDefinition(model),
    await readSuite(model),
    async (piece) => {
      stored.push(Buffer.from(piece));
      await Promise.resolve();
    },
  );
  const source = `generator, seed ${FIRST_SEED}`;
  await keepRows(app, { model, staged, rows: () => Readable.from(stored), source, at });
  const { version, metrics, fitSeconds } = await trainOnce(app, { model, seed: 0, register: true });
  console.error(`Trained version ${version} in ${fitSeconds.toFixed(1)} s: ${JSON.stringify(metrics)}`);
}

/** Many lines at a time: reading each by itself would take a turn of the event loop. */
async function* piecesOf(lines: Iterable<string>): AsyncGenerator<Uint8Array, void, undefined> {
  let piece = '';
  for (const line of lines) {
    piece += line;
    if (piece.length < PIECE) continue;
    yield await Promise.resolve(Buffer.from(piece));
    piece = '';
  }
  yield Buffer.from(piece);
}

/** The samples that the model's champion was registered with: rows that it understands. */
export async function championSamples(app: App, model: string): Promise<Record<string, unknown>[]> {
  const traffic = await app.registry.traffic(model);
  const row = traffic && (await app.registry.version(model, traffic.row.champion.version));
  if (row === undefined) return [];
  const { samples } = await readModelFiles(app.models, row);
  return samples.map((sample) => sample.row);
}
