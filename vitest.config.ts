import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    globalSetup: 'test/build-app.ts',
    pool: 'forks',
    testTimeout: 90_000,
    hookTimeout: 60_000,
    coverage: {
      provider: 'v8',
      include: ['shared/**', 'functions/**', 'local/**', 'models/**'],
      reporter: ['text-summary', 'cobertura'],
    },
  },
});
