import { glob, readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { z } from 'zod';

const packageJson = z.looseObject({ main: z.string().optional(), type: z.string().optional() });
export type PackageJson = z.infer<typeof packageJson>;

/** @throws Error naming the file and what is wrong with it */
export async function readPackageJson(appDirectory: string): Promise<PackageJson> {
  const file = join(appDirectory, 'package.json');
  try {
    return packageJson.parse(JSON.parse(await readFile(file, 'utf8')));
  } catch (error) {
    throw new Error(`Cannot read ${file}: ${String(error)}`, { cause: error });
  }
}

/**
 * Loads the entry files that `main` names (one file or a glob), one after the other, as the Node worker does:
 * ES modules are imported, CommonJS files required; `.mjs`, `.cjs` and then `type` decide which is which.
 * @returns the files, relative to the app; none when there is no `main`
 * @throws Error when no file matches or one of them fails; its `cause` is the file's own error
 */
export async function loadEntryPoints(appDirectory: string, app: PackageJson): Promise<string[]> {
  const pattern = app.main;
  if (pattern === undefined || pattern === '') return [];
  const files = await matchingFiles(appDirectory, pattern);
  if (files.length === 0) {
    const reason = /[*?[\]{}!()]/.test(pattern)
      ? 'Found zero files matching the supplied pattern'
      : 'File does not exist';
    throw new Error(`Worker was unable to load entry point "${pattern}": ${reason}`);
  }
  const require = createRequire(join(appDirectory, 'package.json'));
  for (const file of files) {
    const path = join(appDirectory, file);
    try {
      // In order: entry files of one app may rely on it.
      if (isEsModule(file, app)) await import(pathToFileURL(path).href);
      else require(path);
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      throw new Error(`Worker was unable to load entry point "${file}": ${message}`, { cause: error });
    }
  }
  return files;
}

function isEsModule(file: string, app: PackageJson): boolean {
  if (/\.m[jt]s$/.test(file)) return true;
  if (/\.c[jt]s$/.test(file)) return false;
  return app.type === 'module';
}

async function matchingFiles(appDirectory: string, pattern: string): Promise<string[]> {
  const files: string[] = [];
  for await (const entry of glob(pattern, { cwd: appDirectory, withFileTypes: true })) {
    if (entry.isFile()) files.push(join(entry.parentPath, entry.name));
  }
  return files
    .map((file) => (file.startsWith(appDirectory) ? file.slice(appDirectory.length + 1) : file))
    .toSorted();
}
