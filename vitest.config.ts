import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** Unit tests last: they are short, so that no worker is idle while another one ends a long integration test. */
class ShortLast extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const isShort = ({ moduleId }: TestSpecification) => moduleId.includes('/test/unit/');
    const sorted = await super.sort(files);
    return [...sorted.filter((file) => !isShort(file)), ...sorted.filter(isShort)];
  }
}

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    globalSetup: 'test/build-app.ts',
    pool: 'forks',
    // On two cores the default is one, but many integration tests mostly wait.
    maxWorkers: 3,
    // Every test cleans up after itself; a process and its modules anew for each of 300 files cost a fifth of the time.
    isolate: false,
    sequence: { sequencer: ShortLast },
    testTimeout: 60_000,
    hookTimeout: 60_000,
    // The default of a second is less than what a busy machine takes to start a process.
    expect: { poll: { timeout: 10_000 } },
    coverage: {
      provider: 'v8',
      include: ['shared/**', 'functions/**', 'local/**', 'models/**'],
      reporter: ['text-summary', 'cobertura'],
    },
  },
});
