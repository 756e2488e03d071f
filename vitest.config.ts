import { defineConfig } from 'vitest/config';

/** The folders below `test/`; the slow ones start processes. */
const suites = [
  // Loading is most of what a unit test costs: the files of a worker share what they load.
  { name: 'unit', timeoutMs: 20_000, isolate: false },
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

/** Tests that replace a module: they would replace it for the files after them. */
const replacing = [
  'test/unit/audit/log/start-up-calls.test.ts',
  'test/unit/composition/listener-certificates.test.ts',
  'test/unit/key-managers/file/start.test.ts',
  'test/unit/observability/log-destination.test.ts',
];

export default defineConfig({
  test: {
    // The machine that counts has two cores, and the default would leave one of them idle.
    maxWorkers: 2,
    projects: [
      ...suites.map((suite) =>
        project({
          ...suite,
          include: [`test/${suite.name}/**/*.test.ts`],
          exclude: [...timedByKms, ...replacing],
        }),
      ),
      project({ name: 'unit-replacing', timeoutMs: 20_000, include: replacing }),
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
  /** True where each file has its modules to itself, as by default. */
  readonly isolate?: boolean;
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
