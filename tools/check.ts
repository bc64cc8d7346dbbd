import { spawnSync } from 'node:child_process';
import { commandLine, EXIT, run } from './command-line.ts';

const FORMATTED = ['**/*.{ts,mjs,js,json}', '.prettierrc.json', '.oxlintrc.json'];

const command = commandLine('check', 'Checks format, lint rules and types.')
  .option('--write', 'format the files instead of only checking them')
  .action(({ write }: { write?: boolean }) => {
    const steps: [string, string[]][] = [
      ['prettier', [write === true ? '--write' : '--check', '--log-level', 'warn', ...FORMATTED]],
      ['oxlint', ['--type-aware', '--deny-warnings']],
      ['tsc', ['--noEmit']],
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
