import { writeModelFolder } from '../registry/model-folder.ts';
import type { Blobs } from '../registry/ports.ts';
import type { Registry } from '../registry/registry.ts';
import type { VersionRow } from '../registry/rows.ts';
import { cardFiles } from './evaluation/card-files.ts';
import type { Verdict } from './evaluation/gate-results.ts';
import type { TrainedModel } from './train-model.ts';

/** What the registry records of a version beside its files. */
export type VersionFacts = Pick<
  VersionRow,
  'model' | 'title' | 'createdBy' | 'learner' | 'params' | 'seed' | 'datasetVersion'
>;

/** What a version is made of. */
export interface VersionParts extends Pick<TrainedModel, 'files' | 'rows'> {
  readonly metrics: TrainedModel['metrics'] | VersionRow['metrics'];
  /** What the gates said; without them it is registered. */
  readonly verdict?: Verdict;
}

/**
 * Stores a trained model's files and its model card, and registers it as the model's next version. A model's first
 * version becomes its champion; any other waits for a promotion, and one that a gate rejected is only on record.
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
): Promise<{ version: string; state: 'champion' | 'registered' | 'rejected' }> {
  const { state, reason } = trained.verdict ?? { state: 'registered' };
  const createdAt = at.toISOString();
  const newest = (await registry.versions(facts.model, 1)).items[0]?.number ?? 0;
  for (let number = newest + 1; ; number++) {
    const version = String(number);
    const card = cardFiles(trained.files, { ...facts, version, createdAt });
    const contents = new Map([...trained.files, ...card]);
    const files = await writeModelFolder(models, facts.model, version, contents);
    if (files === undefined) continue;
    const row: VersionRow = {
      ...facts,
      kind: 'version',
      version,
      number,
      state,
      ...(reason === undefined ? {} : { reason }),
      createdAt,
      rows: trained.rows,
      metrics: { ...trained.metrics },
      files,
    };
    if (!(await registry.addVersion(row))) continue;
    if (state === 'rejected') return { version, state };
    const first = await registry.installFirstChampion(facts.model, version, `run ${facts.createdBy.run}`, at);
    return { version, state: first ? 'champion' : 'registered' };
  }
}
