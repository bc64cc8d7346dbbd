import { Failure } from '../failure.ts';
import { parseDefinition } from '../features/contract.ts';
import type { ModelDefinition } from '../features/definition.ts';
import { readVerified } from '../registry/model-folder.ts';
import type { Blobs } from '../registry/ports.ts';
import type { Registry } from '../registry/registry.ts';
import type { VersionRow } from '../registry/rows.ts';
import { parseSuite, type Suite } from './expectations/suite.ts';

/** The file of a version's folder that says how it was trained, so that an app without the model folders can train the next. */
export const DEFINITION_FILE = 'definition.json';
/** The expectations that rows for the next version have to meet, for the same reason. */
export const SUITE_FILE = 'expectations.json';
const NEWEST = 50;

/**
 * The version whose definition holds for the next one: the newest that has one and was not rejected.
 * @throws Failure `conflict` where there is none
 */
export async function definitionVersion(registry: Registry, model: string): Promise<string> {
  const { items } = await registry.versions(model, NEWEST);
  const found = items.find(holds);
  if (found !== undefined) return found.version;
  throw new Failure(
    'conflict',
    `No version of '${model}' was trained by this release: train one with 'npm run train' first`,
  );
}

/** @throws ModelRefused, or Failure `invalid` where the file is not what was registered */
export async function readVersionDefinition(models: Blobs, row: VersionRow): Promise<ModelDefinition> {
  const bytes = await readVerified(models, row, DEFINITION_FILE);
  return parseDefinition(JSON.parse(Buffer.from(bytes).toString('utf8')));
}

/** @returns undefined where the version was made without expectations @throws as `readVersionDefinition` */
export async function readVersionSuite(models: Blobs, row: VersionRow): Promise<Suite | undefined> {
  if (!row.files.some(({ name }) => name === SUITE_FILE)) return undefined;
  const bytes = await readVerified(models, row, SUITE_FILE);
  return parseSuite(JSON.parse(Buffer.from(bytes).toString('utf8')));
}

/**
 * The definition that holds for a model now, by the same rule as `definitionVersion`; undefined where no version has one.
 * @throws as `readVersionDefinition`
 */
export async function newestDefinition(
  registry: Registry,
  models: Blobs,
  model: string,
): Promise<ModelDefinition | undefined> {
  const found = (await registry.versions(model, NEWEST)).items.find(holds);
  return found && readVersionDefinition(models, found);
}

function holds({ state, files }: VersionRow): boolean {
  return state !== 'rejected' && files.some(({ name }) => name === DEFINITION_FILE);
}
