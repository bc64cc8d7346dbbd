import { startVitest } from 'vitest/node';
import { commandLine, EXIT, run } from './command-line.ts';

const command = commandLine('test', 'Runs every test: unit, and integration against the embedded stack.')
  .argument('[filters...]', 'run only test files whose path contains one of these')
  .option('--coverage', 'print a summary and write coverage/cobertura-coverage.xml')
  .allowUnknownOption(false)
  .action(async (filters: string[], { coverage }: { coverage?: boolean }) => {
    const vitest = await startVitest('test', filters, {
      run: true,
      watch: false,
      coverage: { enabled: coverage === true },
    });
    const tests = vitest.state.getTestModules().flatMap((module) => [...module.children.allTests()]);
    const passed = tests.filter((test) => test.result().state === 'passed').length;
    const failed = tests.filter((test) => test.result().state === 'failed').length;
    await vitest.close();
    console.log(`\n${passed} passed, ${failed} failed`);
    if (tests.length === 0) throw new Error('No test matches');
    if (failed > 0) process.exitCode = EXIT.failed;
  });
await run(command.allowExcessArguments(true));
