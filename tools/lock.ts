import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { commandLine, EXIT, run } from './command-line.ts';

const root = resolve(import.meta.dirname, '..');

/**
 * npm leaves packages of other platforms out of a lock file that it writes beside an install, or without addresses, and
 * `npm ci` then refuses the file. So it is written in an empty folder and with addresses, which are taken out
 * afterwards: whoever installs uses a registry of theirs.
 */
const command = commandLine('lock', 'Writes package-lock.json anew after a change of dependencies.').action(
  () => {
    const folder = mkdtempSync(join(tmpdir(), 'tollgate-lock-'));
    try {
      copyFileSync(join(root, 'package.json'), join(folder, 'package.json'));
      const { status } = spawnSync('npm', ['install', '--package-lock-only', '--ignore-scripts'], {
        cwd: folder,
        stdio: 'inherit',
        env: { ...process.env, npm_config_omit_lockfile_registry_resolved: 'false' },
      });
      if (status !== 0) {
        process.exitCode = EXIT.failed;
        return;
      }
      const lines = readFileSync(join(folder, 'package-lock.json'), 'utf8').split('\n');
      const kept = lines.filter((line) => !line.trimStart().startsWith('"resolved":'));
      writeFileSync(join(root, 'package-lock.json'), kept.join('\n'));
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  },
);
await run(command);
