import { defineConfig } from 'vitest/config';

/** The folders below `test/`; the slow ones start processes. */
const suites = [
  { name: 'unit', timeoutMs: 20_000 },
  { name: 'contract', timeoutMs: 30_000 },
  { name: 'conformance', timeoutMs: 30_000 },
  { name: 'integration', timeoutMs: 180_000 },
  { name: 'e2e', timeoutMs: 180_000 },
];

/**
 * Real calls that KMS gives 250 ms. A busy machine takes longer now and then, which is no fault of
 * what is tested: those tests are tried again.
 */
const timedByKms = [
  'test/integration/{aws,kms-simulator,rehearse}/**/*.test.ts',
  'test/e2e/{pages,try-kms}.test.ts',
];

export default defineConfig({
  test: {
    // The machine that counts has two cores, and the default would leave one of them idle.
    maxWorkers: 2,
    projects: [
      ...suites.map(({ name, timeoutMs }) =>
        project({ name, timeoutMs, include: [`test/${name}/**/*.test.ts`], exclude: timedByKms }),
      ),
      project({ name: 'kms', timeoutMs: 180_000, include: timedByKms, retry: 2 }),
    ],
    coverage: {
      provider: 'v8',
      include: ['src/**/*.ts'],
      reporter: ['text', 'html', 'json-summary'],
    },
  },
});

function project({
  timeoutMs,
  ...settings
}: {
  readonly name: string;
  readonly timeoutMs: number;
  readonly include: string[];
  readonly exclude?: string[];
  readonly retry?: number;
}) {
  return {
    test: {
      ...settings,
      testTimeout: timeoutMs,
      hookTimeout: timeoutMs,
      // What is waited for comes soon, but on a busy machine not within the second of the default.
      expect: { poll: { timeout: timeoutMs / 2 } },
      // The built program as it is, for tests that run its commands.
      server: { deps: { external: [/\/dist\//] } },
      restoreMocks: true,
      unstubEnvs: true,
    },
  };
}
