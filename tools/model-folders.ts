import { access, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseDefinition } from '../shared/features/contract.ts';
import type { ModelDefinition } from '../shared/features/definition.ts';
import { parseSuite, type Suite } from '../shared/training/expectations/suite.ts';

const folder = fileURLToPath(new URL('../models/', import.meta.url));

/** What `models/{model}/model.json` declares. @throws Error where there is no such folder or it is not valid */
export async function readDefinition(model: string): Promise<ModelDefinition> {
  const path = join(folder, model, 'model.json');
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    throw new Error(`There is no model '${model}': models/${model}/model.json is missing`, { cause: error });
  });
  return parseDefinition(JSON.parse(text));
}

/** The expectations of `models/{model}/expectations.json`, where the folder has them. @throws Failure where they are not valid */
export async function readSuite(model: string): Promise<Suite | undefined> {
  const text = await readFile(join(folder, model, 'expectations.json'), 'utf8').catch((error: unknown) => {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  });
  return text === undefined ? undefined : parseSuite(JSON.parse(text));
}

/** The generator module of a model, where it has one. */
export async function generatorPath(model: string): Promise<string | undefined> {
  const path = join(folder, model, 'generate.ts');
  return access(path).then(
    () => path,
    () => undefined,
  );
}
