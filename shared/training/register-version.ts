import { Failure } from '../failure.ts';
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

/** The version that a run has registered. */
export interface Registered {
  readonly version: string;
  readonly state: 'champion' | 'registered' | 'rejected';
  /** Why it was rejected, or what the gates could not tell. */
  readonly reason?: string;
}

/**
 * Stores a trained model's files and its model card, and registers it as the model's next version. A model's first
 * version becomes its champion; any other waits for a promotion, and one that a gate rejected is only on record.
 *
 * A run registers one version, however often and on however many hosts at once this is done for it: each attempt claims
 * a number and completes its folder, and then one document, which only the first of them can create, says which of the
 * folders it is. What comes after can be repeated by anybody. An attempt that was cut off, or came second, leaves a
 * folder that nothing refers to, and its number is not used again.
 * @returns the run's version, which may be an earlier attempt's
 * @throws Failure `conflict` where the model's rows are lost and have to be recovered first, `unavailable`
 */
export async function registerVersion(
  registry: Registry,
  models: Blobs,
  trained: VersionParts,
  facts: VersionFacts,
  at: Date,
): Promise<Registered> {
  const before = await registeredBy(registry, facts.model, facts.createdBy.run);
  if (before !== undefined) return before;
  if (await registry.isLost(facts.model)) throw lost(facts.model);
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
    return complete(registry, await registry.settle(row));
  }
}

/** The version that a run has registered, once its registration is complete; undefined where it has not come to that. */
export async function registeredBy(
  registry: Registry,
  model: string,
  run: string,
): Promise<Registered | undefined> {
  const row = await registry.settled(model, run);
  return row && complete(registry, row);
}

function lost(model: string): Failure {
  return new Failure(
    'conflict',
    `The registry has lost '${model}', whose versions are in Blob: rebuild it first (npm run recover -- --rebuild-registry)`,
  );
}

/** Adds the row, and makes the first version champion. What is there already stays. */
async function complete(registry: Registry, row: VersionRow): Promise<Registered> {
  const { model, version, reason, createdBy, createdAt } = row;
  if (!(await registry.addVersion(row))) {
    const there = await registry.version(model, version);
    if (there?.createdBy.run !== createdBy.run)
      throw new Error(`Version ${version} of '${model}' is not the one that run ${createdBy.run} made`);
  }
  const why = reason === undefined ? {} : { reason };
  if (row.state === 'rejected') return { version, state: row.state, ...why };
  const by = `run ${createdBy.run}`;
  const isFirst =
    (await registry.installFirstChampion(model, version, by, new Date(createdAt))) ||
    (await registry.traffic(model))?.row.champion.version === version;
  return { version, state: isFirst ? 'champion' : 'registered', ...why };
}
