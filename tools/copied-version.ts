import type { App } from '../shared/app.ts';
import { readVerified } from '../shared/registry/model-folder.ts';
import type { VersionRow } from '../shared/registry/rows.ts';
import { registerVersion } from '../shared/training/register-version.ts';

/** The row of a model's champion. @throws Error where it has none */
export async function championOf(app: App, model: string): Promise<VersionRow> {
  const traffic = await app.registry.traffic(model);
  const row = traffic && (await app.registry.version(model, traffic.row.champion.version));
  if (row === undefined) throw new Error(`'${model}' has no champion`);
  return row;
}

/**
 * Registers a version's files once more, as the model's next version.
 * @param changed files that are others, by their names
 * @returns the new version
 */
export async function registerCopy(
  app: App,
  original: VersionRow,
  changed: ReadonlyMap<string, Uint8Array> = new Map(),
  title = original.title,
): Promise<string> {
  const { model, learner, params, seed, datasetVersion, rows, metrics } = original;
  const files = new Map<string, Uint8Array>();
  for (const { name } of original.files) {
    files.set(name, changed.get(name) ?? (await readVerified(app.models, original, name)));
  }
  const createdBy = { run: app.newId() };
  const facts = { model, title, createdBy, learner, params, seed, datasetVersion };
  const parts = { files, rows, metrics };
  return (await registerVersion(app.registry, app.models, parts, facts, new Date())).version;
}
