import { spawnSync } from 'node:child_process';
import { commandLine, EXIT, run } from './command-line.ts';

const FORMATTED = ['**/*.{ts,mjs,js,json,css}', '.prettierrc.json', '.oxlintrc.json'];

const command = commandLine('check', 'Checks format, lint rules and types.')
  .option('--write', 'format the files instead of only checking them')
  .action(({ write }: { write?: boolean }) => {
    const steps: [string, string[]][] = [
      ['prettier', [write === true ? '--write' : '--check', '--log-level', 'warn', ...FORMATTED]],
      ['oxlint', ['--type-aware', '--deny-warnings']],
      ['tsc', ['--noEmit']],
      // The dashboard runs in browsers, whose names the rest must not use.
      ['tsc', ['--noEmit', '--project', 'web']],
    ];
    for (const [program, args] of steps) {
      console.error(`${program} ${args.join(' ')}`);
      if (spawnSync(program, args, { stdio: 'inherit' }).status !== 0) {
        process.exitCode = EXIT.failed;
        return;
      }
    }
  });
await run(command);
