import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    globalSetup: 'test/build-app.ts',
    pool: 'forks',
    // On two cores the default is one, but many integration tests mostly wait.
    maxWorkers: 3,
    // Every test cleans up after itself; a process and its modules anew for each of 300 files cost a fifth of the time.
    isolate: false,
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
