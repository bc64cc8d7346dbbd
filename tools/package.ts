import { createHash } from 'node:crypto';
import { mkdir, rename, writeFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { Option } from 'commander';
import { commandLine, parsedBy, run } from './command-line.ts';
import { packageFiles, versionOf } from './release/package-files.ts';
import { zipped } from './release/zip.ts';

const root = resolve(import.meta.dirname, '..');
/** Every instance fetches and unpacks the package when it starts. Bytes. */
const MOST_BYTES = 80 * 1024 * 1024;

await run(
  commandLine(
    'package',
    'Writes the deployable zip: the bundled app, its production packages for linux-x64, and nothing else.',
  )
    .addOption(
      new Option('--commit <id>', 'the commit that it is made of, for the version that the app states')
        .env('TOLLGATE_COMMIT')
        .argParser(parsedBy(parseCommit)),
    )
    .option('--out <file>', 'where to write it', 'dist/tollgate.zip')
    .addHelpText(
      'after',
      '\nThe same sources make the same bytes. The last line of standard output is {"file","version","files","bytes","sha256"}.',
    )
    .action(async ({ commit, out }: { commit?: string; out: string }) => {
      const version = await versionOf(root, commit);
      const files = await packageFiles(root, version);
      const zip = await zipped(files);
      if (zip.length > MOST_BYTES) {
        throw new Error(`The package has ${mebibytes(zip.length)}, and may have ${mebibytes(MOST_BYTES)}`);
      }
      const file = resolve(out);
      await mkdir(dirname(file), { recursive: true });
      await writeFile(`${file}.tmp`, zip);
      await rename(`${file}.tmp`, file);
      const sha256 = createHash('sha256').update(zip).digest('hex');
      console.error(
        `${out}: version ${version}, ${files.size} files, ${mebibytes(zip.length)} of at most ${mebibytes(MOST_BYTES)}`,
      );
      console.log(JSON.stringify({ file: out, version, files: files.size, bytes: zip.length, sha256 }));
    }),
);

function parseCommit(text: string): string {
  if (!/^[0-9A-Za-z-]{1,40}$/.test(text)) {
    throw new RangeError('It has to be a commit: up to 40 letters, digits and hyphens.');
  }
  return text;
}

function mebibytes(bytes: number): string {
  return `${(bytes / 1024 / 1024).toFixed(1)} MiB`;
}
