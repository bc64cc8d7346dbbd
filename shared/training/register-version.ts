import { writeModelFolder } from '../registry/model-folder.ts';
import type { Blobs } from '../registry/ports.ts';
import type { Registry } from '../registry/registry.ts';
import type { VersionRow } from '../registry/rows.ts';
import type { TrainedModel } from './train-model.ts';

/** What the registry records of a version beside its files. */
export type VersionFacts = Pick<
  VersionRow,
  'model' | 'title' | 'createdBy' | 'learner' | 'params' | 'seed' | 'datasetVersion'
>;

/** What a version is made of. */
export interface VersionParts extends Pick<TrainedModel, 'files' | 'rows'> {
  readonly metrics: TrainedModel['metrics'] | VersionRow['metrics'];
}

/**
 * Stores a trained model's files and registers it as the model's next version. A model's first version becomes its
 * champion; any other waits for a promotion.
 *
 * The files come before the row: what is in the registry is always complete, and a crash in between leaves only a
 * folder that nothing refers to.
 * @returns the version and whether it serves
 */
export async function registerVersion(
  registry: Registry,
  models: Blobs,
  trained: VersionParts,
  facts: VersionFacts,
  at: Date,
): Promise<{ version: string; state: 'champion' | 'registered' }> {
  const newest = (await registry.versions(facts.model, 1)).items[0]?.number ?? 0;
  for (let number = newest + 1; ; number++) {
    const version = String(number);
    const files = await writeModelFolder(models, facts.model, version, trained.files);
    if (files === undefined) continue;
    const row: VersionRow = {
      ...facts,
      kind: 'version',
      version,
      number,
      state: 'registered',
      createdAt: at.toISOString(),
      rows: trained.rows,
      metrics: { ...trained.metrics },
      files,
    };
    if (!(await registry.addVersion(row))) continue;
    const first = await registry.installFirstChampion(facts.model, version, `run ${facts.createdBy.run}`, at);
    return { version, state: first ? 'champion' : 'registered' };
  }
}
