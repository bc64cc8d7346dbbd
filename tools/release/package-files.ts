import { readdir, readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { z } from 'zod';
import { bundleApp } from '../build.ts';
import { packageFolders, thirdPartyNotices } from './third-party-notices.ts';

const manifestSchema = z.object({
  name: z.string(),
  version: z.string(),
  description: z.string(),
  license: z.string(),
  main: z.string(),
  dependencies: z.record(z.string(), z.string()),
});
const installedSchema = z.object({ version: z.string() });

/** What the bundle leaves outside, and which of its files the app uses where it is deployed. */
const OUTSIDE: Readonly<Record<string, RegExp>> = {
  'onnxruntime-node': /^(package\.json|dist\/[^/]+\.js|bin\/napi-v6\/linux\/x64\/.+)$/,
  'onnxruntime-common': /^(package\.json|dist\/cjs\/.+\.js|dist\/cjs\/package\.json)$/,
  'swagger-ui-dist':
    /^(package\.json|swagger-ui\.css|swagger-ui-bundle\.js(\.LICENSE\.txt)?|LICENSE|NOTICE)$/,
};

/** The app's version with the commit that it is made of, such as `0.1.0+1a2b3c4`; `dev` where none is named. */
export async function versionOf(root: string, commit: string | undefined): Promise<string> {
  return `${(await manifestOf(root)).version}+${commit ?? 'dev'}`;
}

/**
 * Everything that lies in the deployed folder, by path: `host.json`, a `package.json` of its own, the bundle without
 * source maps, the dashboard's files, of the packages outside the bundle what linux-x64 needs, and the notices of all
 * packages that code comes from.
 */
export async function packageFiles(root: string, version: string): Promise<Map<string, Uint8Array>> {
  const manifest = await manifestOf(root);
  const files = new Map<string, Uint8Array>();
  const bundle = await bundleApp();
  for (const { path, contents } of bundle.files) {
    if (!path.endsWith('.map')) files.set(`dist/${basename(path)}`, contents);
  }
  files.set('host.json', await readFile(join(root, 'host.json')));
  const dependencies: Record<string, string> = {};
  for (const [name, used] of Object.entries(OUTSIDE)) {
    const folder = join(root, 'node_modules', name);
    const paths = (await readdir(folder, { recursive: true, withFileTypes: true }))
      .filter((entry) => entry.isFile())
      .map((entry) =>
        join(entry.parentPath, entry.name)
          .slice(folder.length + 1)
          .replaceAll('\\', '/'),
      )
      .filter((path) => used.test(path));
    for (const path of paths) files.set(`node_modules/${name}/${path}`, await readFile(join(folder, path)));
    const installed: unknown = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8'));
    if (name in manifest.dependencies) dependencies[name] = installedSchema.parse(installed).version;
  }
  const folders = packageFolders([...bundle.inputs, ...files.keys()]);
  files.set('THIRD-PARTY-NOTICES.txt', Buffer.from(await thirdPartyNotices(root, folders)));
  const { name, description, license, main } = manifest;
  const own = { name, version, description, license, private: true, type: 'module', main, dependencies };
  files.set('package.json', Buffer.from(`${JSON.stringify(own, null, 2)}\n`));
  return files;
}

async function manifestOf(root: string): Promise<z.infer<typeof manifestSchema>> {
  return manifestSchema.parse(JSON.parse(await readFile(join(root, 'package.json'), 'utf8')));
}
