import { defineConfig } from 'vitest/config';

/** The folders below `test/`; the slow ones start processes. */
const suites = [
  { name: 'unit', timeoutMs: 20_000 },
  { name: 'contract', timeoutMs: 30_000 },
  { name: 'conformance', timeoutMs: 30_000 },
  { name: 'integration', timeoutMs: 180_000 },
  { name: 'e2e', timeoutMs: 180_000 },
];

export default defineConfig({
  test: {
    // The machine that counts has two cores, and the default would leave one of them idle.
    maxWorkers: 2,
    projects: suites.map(({ name, timeoutMs }) => ({
      test: {
        name,
        include: [`test/${name}/**/*.test.ts`],
        testTimeout: timeoutMs,
        hookTimeout: timeoutMs,
        restoreMocks: true,
        unstubEnvs: true,
      },
    })),
    coverage: {
      provider: 'v8',
      include: ['src/**/*.ts'],
      reporter: ['text', 'html', 'json-summary'],
    },
  },
});
