import type { ModelDefinition } from '../features/definition.ts';
import { readVersionSuite } from './model-definition-file.ts';
import { type RetrainParts, RunEnd } from './retrain-parts.ts';
import { trainingSetOf } from './run-inputs.ts';
import type { RunRow } from './run-record.ts';
import { storeSuiteReport } from './training-set-store.ts';

/**
 * Holds a run's training set to the expectations that the version it trains by came with: data set versions were held to
 * them when they came in, but collected predictions were not, and neither was all of it together. The report is stored
 * beside the training set.
 * @throws RunEnd `failed` with a sentence for each expectation that is not met
 */
export async function checkTrainingSet(
  parts: RetrainParts,
  row: RunRow,
  definition: ModelDefinition,
): Promise<void> {
  const version = await parts.registry.version(row.model, row.definitionOf);
  const suite = version && (await readVersionSuite(parts.models, version));
  if (suite === undefined) return;
  const { manifest, bytes } = await trainingSetOf(parts, row);
  const { delimiter } = manifest;
  const answer = await parts.work({ kind: 'expectations', definition, bytes, delimiter, suite });
  if (answer.kind !== 'expectations')
    throw new RunEnd('failed', answer.kind === 'refused' ? answer.message : 'There is no report');
  await storeSuiteReport(parts.datasets, row.model, row.runId, answer.report);
  if (answer.failed.length === 0) return;
  const failed = answer.failed.map((failure) => `\n  - ${failure}`).join('');
  throw new RunEnd(
    'failed',
    `The training set (${manifest.rows} rows) does not meet the expectations of '${suite.name}':${failed}`,
  );
}
