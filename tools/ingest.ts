import type { z } from 'zod';
import type { App } from '../shared/app.ts';
import { reportText } from '../shared/training/expectations/report.ts';
import { retrainStartedSchema } from '../shared/training/runs.ts';
import { commandLine, run } from './command-line.ts';
import { keepRows } from './keep-rows.ts';
import { readDefinition, readSuite } from './model-folders.ts';
import { showProgress } from './progress.ts';
import { type RowSource, sourceFault } from './row-files/open-rows.ts';
import { describeOrigin, withStagedFile } from './stage-file.ts';
import { connect, stackEndpoints } from './stack-connection.ts';

export interface IngestResult {
  readonly model: string;
  readonly datasetVersion: string;
  readonly rows: number;
  /** Of the rows in the form in which they are stored: the same whatever file they came in. */
  readonly sha256: string;
  /** Of the file that was given. */
  readonly fileSha256: string;
  /** Present where the very same rows were a data set version already. */
  readonly existing?: true;
}

/**
 * Makes a data set version of a file's rows, or finds the one that has them already.
 * @param say is told, line by line, what the person who ingests should know
 * @throws Error naming what is wrong with the file; nothing is stored then
 */
export async function ingest(
  app: App,
  model: string,
  source: RowSource,
  say: (line: string) => void,
): Promise<IngestResult> {
  const definition = await readDefinition(model);
  const suite = await readSuite(model);
  const progress = showProgress();
  return withStagedFile(source, definition, suite, progress.show, async ({ staged, origin, read }) => {
    progress.end();
    const { facts, sha256, report } = staged;
    if (facts.rows === 0) throw new Error(`${describeOrigin(origin)} has no rows`);
    const added = (facts.columns ?? []).filter(({ known }) => !known).map(({ name }) => name);
    if (added.length > 0) say(`Columns that the model does not know are kept: ${added.join(', ')}`);
    const absent = facts.absent ?? [];
    if (absent.length > 0) say(`Columns that the file lacks count as missing values: ${absent.join(', ')}`);
    if (report !== undefined) say(reportText(report));
    const { row, existing } = await keepRows(app, {
      model,
      staged,
      rows: read,
      source: describeOrigin(origin),
      origin,
      at: new Date(),
    });
    say(
      existing
        ? `Data set version ${row.version} holds exactly these ${facts.rows} rows already: no new version`
        : `Stored ${facts.rows} rows as data set version ${row.version} of '${model}'`,
    );
    if (report?.success === false)
      say('A training run that validates its data will stop at this version: see the expectations above');
    return {
      model,
      datasetVersion: row.version,
      rows: facts.rows,
      sha256,
      fileSha256: origin.sha256,
      ...(existing ? { existing } : {}),
    };
  }).finally(progress.end);
}

/**
 * Has the running app retrain a model.
 * @throws Error where it refuses: the data set version is stored all the same
 */
async function startRetrain(
  url: string,
  { model, datasetVersion }: IngestResult,
): Promise<z.infer<typeof retrainStartedSchema>> {
  const response = await fetch(new URL(`/api/models/${model}/retrain`, url), {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ reason: `data set version ${datasetVersion}` }),
  });
  if (response.status === 202) return retrainStartedSchema.parse(await response.json());
  throw new Error(
    `Data set version ${datasetVersion} is stored, but the retrain was refused: ${response.status} ${await response.text()}`,
  );
}

if (import.meta.main) {
  const command = commandLine('ingest', "Adds a file's rows as a data set version of a model.")
    .requiredOption('--model <name>', 'the model: a folder of models/')
    .requiredOption(
      '--file <path>',
      '.csv, .parquet or .jsonl, each also .gz; a zip; or an https:// address of one',
    )
    .option('--sha256 <hex>', "the file's SHA-256; an address needs it")
    .option(
      '--member <name>',
      'of a zip, the file that holds the rows (inner.zip/rows.csv in a zip inside it)',
    )
    .option('--retrain', 'starts a retrain afterwards')
    .action(async (options: RowSource & { model: string; retrain?: true }) => {
      const { model, retrain, ...source } = options;
      const fault = sourceFault(source);
      if (fault !== undefined) command.error(`error: ${fault}`);
      const endpoints = await stackEndpoints();
      const app = await connect(endpoints, model);
      const result = await ingest(app, model, source, (line) => console.error(line));
      const started = retrain === true ? await startRetrain(endpoints.http, result) : {};
      console.log(JSON.stringify({ ...result, ...started }));
    });
  await run(command);
}
