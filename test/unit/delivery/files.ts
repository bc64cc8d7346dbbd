import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseAllDocuments } from 'yaml';

export const root = resolve(import.meta.dirname, '../../..');

export const WORKFLOWS = ['pull-request', 'deploy', 'deploy-to', 'operate'].map(
  (name) => `.github/workflows/${name}.yml`,
);
export const PIPELINES = ['pipelines/azure-pipelines.yml', 'pipelines/gitlab-ci.yml'];
export const SCRIPTS = ['deploy', 'operate', 'image'].map((name) => `pipelines/${name}.sh`);
export const JENKINSFILE = 'pipelines/Jenkinsfile';
export const COMPOSE = 'deploy/emulators.compose.yaml';

export const textOf = (path: string): string => readFileSync(join(root, path), 'utf8');

/** The documents of a YAML file. @throws the first error or warning of the parser */
export function yamlOf(path: string): unknown[] {
  return parseAllDocuments(textOf(path), { strict: true, uniqueKeys: true }).map((document) => {
    for (const fault of [...document.errors, ...document.warnings]) throw fault;
    return document.toJS() as unknown;
  });
}
