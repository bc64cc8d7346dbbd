import { readdirSync, readFileSync } from 'node:fs';
import { join, posix, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';

const root = resolve(import.meta.dirname, '../..');
const folders = ['functions', 'orchestrations', 'shared', 'models', 'local', 'tools', 'bench', 'web'];

interface Import {
  readonly from: string;
  /** A path relative to the root for our own files, otherwise the package or Node module. */
  readonly to: string;
  readonly typeOnly: boolean;
}

/** Every import of every source file, static, dynamic or re-exporting. */
function importsOf(files: ReadonlyMap<string, string>): Import[] {
  const statement =
    /(?:import|export)\s+(type\s+)?(?:[\w*{}\s,$]+?\sfrom\s+)?['"]([^'"]+)['"]|import\(\s*['"]([^'"]+)['"]/g;
  return [...files].flatMap(([from, text]) =>
    [...text.matchAll(statement)].map((match) => {
      const target = match[2] ?? match[3] ?? '';
      const to = target.startsWith('.') ? posix.join(posix.dirname(from), target) : target;
      return { from, to, typeOnly: match[1] !== undefined };
    }),
  );
}

function sources(): Map<string, string> {
  const files = new Map<string, string>();
  for (const folder of folders) {
    let entries: string[];
    try {
      entries = readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' });
    } catch {
      continue; // a folder of a later release
    }
    for (const entry of entries) {
      if (!/\.(ts|mjs)$/.test(entry)) continue;
      const path = join(folder, entry);
      files.set(path.split('\\').join('/'), readFileSync(join(root, path), 'utf8'));
    }
  }
  return files;
}

/** The rules of docs/architecture.md: what is wrong with an import, or undefined. */
function fault({ from, to, typeOnly }: Import): string | undefined {
  const top = from.split('/')[0] ?? '';
  const own = /^(functions|orchestrations|shared|models|local|tools|bench|web)\//.exec(to)?.[1];
  const capability = /^shared\/([^/]+)\//.exec(from)?.[1];
  // The entry point registers everything that the host is to run.
  const isEntry = from === 'functions/main.ts' && own === 'orchestrations';
  if (
    (top === 'functions' || top === 'orchestrations') &&
    own !== undefined &&
    own !== 'shared' &&
    own !== top &&
    !isEntry
  ) {
    return 'functions and orchestrations import shared only';
  }
  if (capability !== undefined && capability !== 'azure' && to.startsWith('shared/azure/')) {
    return 'a capability does not import adapters';
  }
  if (
    to.startsWith('shared/azure/') &&
    !from.startsWith('shared/azure/') &&
    from !== 'shared/app.ts' &&
    top !== 'tools' &&
    top !== 'bench'
  ) {
    return 'only shared/app.ts imports adapters';
  }
  if (top === 'shared' && own !== undefined && own !== 'shared') return 'shared imports shared only';
  if (own === 'local' && !['local', 'tools', 'bench'].includes(top))
    return 'only tools and bench import local';
  if (top === 'local' && own !== undefined && own !== 'local') return 'local imports nothing of the app';
  if ((top === 'web') !== (own === 'web') && own !== undefined)
    return 'the dashboard and the rest meet over HTTP only';
  if ((top === 'tools' || top === 'bench') && own === 'functions')
    return 'tools and bench do not import functions';
  if (
    /^@azure\/(cosmos|storage-blob|event-hubs|identity)$/.test(to) &&
    top === 'shared' &&
    !from.startsWith('shared/azure/')
  ) {
    return 'SDKs are used in shared/azure only';
  }
  if (/^(@opentelemetry\/|@azure\/monitor-)/.test(to) && !from.startsWith('shared/azure/'))
    return 'telemetry goes through its port';
  if (/^(node:)?child_process$/.test(to) && !typeOnly && !['local', 'tools', 'bench'].includes(top)) {
    return 'only local, tools and bench start processes';
  }
  if (to === 'durable-functions' && ['shared', 'models', 'local'].includes(top))
    return 'what is not a trigger does not use the durable library';
  return undefined;
}

describe('import boundaries', () => {
  const files = sources();
  const imports = importsOf(files);

  it('finds the imports of the project', () => {
    expect(imports.filter(({ to }) => to.startsWith('shared/')).length).toBeGreaterThan(50);
    expect(imports).toContainEqual({ from: 'shared/app.ts', to: 'shared/azure/cosmos.ts', typeOnly: false });
  });

  it('are kept by every file', () => {
    expect(imports.map((one) => [one, fault(one)]).filter(([, found]) => found !== undefined)).toEqual([]);
  });

  it.each([
    ['functions/score.ts', 'local/supervisor.ts'],
    ['functions/score.ts', 'tools/train.ts'],
    ['shared/scoring/score.ts', 'shared/azure/blob.ts'],
    ['shared/scoring/score.ts', '@azure/cosmos'],
    ['shared/app.ts', 'local/supervisor.ts'],
    ['local/host/main.ts', 'shared/failure.ts'],
    ['functions/score.ts', 'orchestrations/promote.ts'],
    ['shared/scoring/score.ts', '@opentelemetry/api'],
    ['shared/promotion/start.ts', 'durable-functions'],
    ['tools/train.ts', 'functions/score.ts'],
    ['shared/training/fit.ts', 'node:child_process'],
    ['models/fraud/generate.ts', 'local/lock.ts'],
    ['web/main.ts', 'shared/failure.ts'],
    ['tools/demo.ts', 'web/format.ts'],
  ])('are broken by %s importing %s', (from, to) => {
    expect(fault({ from, to, typeOnly: false })).toBeDefined();
  });

  it('keeps process.env to entry points and configuration', () => {
    const readers = [...files].filter(
      ([path, text]) =>
        /^(functions|orchestrations|shared|models)\//.test(path) && text.includes('process.env'),
    );
    expect(readers.map(([path]) => path).toSorted()).toEqual(['functions/main.ts', 'shared/app.ts']);
  });

  it('keeps the names of models out of the code that serves and trains them', () => {
    const naming = [...files].filter(
      ([path, text]) => !path.startsWith('models/') && /fraud|bank-marketing/i.test(text),
    );
    expect(naming.map(([path]) => path)).toEqual([]);
  });
});
