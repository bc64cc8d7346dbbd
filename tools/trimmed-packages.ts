import { resolve } from 'node:path';
import type { Plugin } from 'esbuild';

/**
 * Modules that bring along what the app does not use, and what is put in their place: a worker that starts would have
 * to read it all. The app's messages are English, and `isURL` is all that durable-functions takes of validator.
 */
const TRIMMED: readonly { readonly file: RegExp; readonly contents: string }[] = [
  {
    file: /[\\/]zod[\\/]v4[\\/]locales[\\/]index\.js$/,
    contents: "export { default as en } from './en.js';",
  },
  { file: /[\\/]validator[\\/]index\.js$/, contents: "exports.isURL = require('./lib/isURL');" },
];

/** Leaves those parts out of a bundle. The build fails where one is no longer found. */
export const trimmedPackages: Plugin = {
  name: 'trimmed-packages',
  setup: (build) => {
    const found = new Set<RegExp>();
    for (const { file, contents } of TRIMMED) {
      build.onLoad({ filter: file }, ({ path }) => {
        found.add(file);
        return { contents, loader: 'js', resolveDir: resolve(path, '..') };
      });
    }
    build.onEnd(() => {
      const errors = TRIMMED.filter(({ file }) => !found.has(file)).map(({ file }) => ({
        text: `No module matches ${file.source}: tools/trimmed-packages.ts is out of date`,
      }));
      return { errors };
    });
  },
};
