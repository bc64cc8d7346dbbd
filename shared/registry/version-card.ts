import { Failure } from '../failure.ts';
import { readVerified } from './model-folder.ts';
import type { Blobs } from './ports.ts';
import type { Registry } from './registry.ts';

/**
 * The model card of a version, as Markdown.
 * @throws Failure `not-found` where there is no such version, or it was made before cards were; ModelRefused where the
 *   file is not the one that was registered
 */
export async function readCard(
  registry: Registry,
  models: Blobs,
  model: string,
  version: string,
): Promise<Uint8Array> {
  const row = await registry.version(model, version);
  if (row === undefined) throw new Failure('not-found', `There is no such version of '${model}'`);
  if (!row.files.some(({ name }) => name === 'card.md'))
    throw new Failure('not-found', `Version ${version} of '${model}' was made without a model card`);
  return readVerified(models, row, 'card.md');
}
