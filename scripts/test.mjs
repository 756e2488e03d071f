// `npm test`: everything, on this Node; then what is independent of processes once more on the
// current LTS. Arguments go to vitest (`npm test -- test/unit/xks`): then only that, only here.
import { createWriteStream, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join, relative } from 'node:path';
import { ensureBuilt } from './lib/build.mjs';
import { currentLts, installCurrentLts } from './lib/current-lts.mjs';
import { ensureInstalled } from './lib/install.mjs';
import { ensureTokens } from './lib/install-softhsm.mjs';
import { root } from './lib/paths.mjs';
import { run } from './lib/run.mjs';

const logs = join(root, '.cache', 'test-logs');
const vitest = join(root, 'node_modules', 'vitest', 'vitest.mjs');
const filters = process.argv.slice(2);
const isWhole = filters.length === 0;
/** More than these have one cause, which a second try would hide. */
const MOST_TRIED_AGAIN = 3;

await ensureInstalled();
await ensureBuilt();
await ensureTokens();
rmSync(logs, { recursive: true, force: true });
mkdirSync(join(logs, 'servers'), { recursive: true });

const first = await runTests('this Node', process.execPath, filters);
const results = [isWhole ? await withSecondTry(first) : first];
const lts = isWhole ? await findLts() : undefined;
if (lts !== undefined) {
  const independent = ['unit', 'unit-replacing', 'conformance'].flatMap((name) => [
    '--project',
    name,
  ]);
  results.push(await runTests('the current LTS', lts, independent));
}
const scan = join(root, 'scripts', 'scan-logs.mjs');
const scanCode = await run(process.execPath, [
  scan,
  logs,
  ...(isWhole ? ['--require-servers'] : []),
]);
const reader = join(root, 'scripts', 'read-logs.mjs');
const readCode = isWhole ? await run(process.execPath, [reader, logs]) : 0;
report(results, scanCode === 0 && readCode === 0);

/**
 * @typedef {{ passed: number, failed: number, skipped: number, failures: string[],
 *   failedFiles: string[] }} Result
 */

/**
 * @param {string} title which Node this is
 * @param {string} node path of the program
 * @param {readonly string[]} args for vitest
 * @returns {Promise<Result>}
 */
async function runTests(title, node, args) {
  const report = join(logs, 'result.json');
  const output = createWriteStream(join(logs, 'vitest.log'), { flags: 'a' });
  console.log(`\nTests on ${title}`);
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`];
  const code = await run(node, [vitest, 'run', ...reporters, ...args], {
    cwd: root,
    env: { ...process.env, HOLDFAST_TEST_LOG_DIR: join(logs, 'servers') },
    copyTo: output,
  });
  const counts = readCounts(report);
  rmSync(report, { force: true });
  // A file that does not load has no tests that could fail, but must not pass for that.
  return { ...counts, failed: Math.max(counts.failed, code === 0 ? 0 : 1) };
}

/**
 * Tries files that failed once more, alone: beside another program's load a real server may need
 * longer than any wait allows. What fails again has failed. What does not is named all the same,
 * because a test that is not steady is a fault of its own.
 *
 * @param {Result} result
 * @returns {Promise<Result>}
 */
async function withSecondTry(result) {
  const { failedFiles: files, failures } = result;
  if (files.length === 0 || files.length > MOST_TRIED_AGAIN) return result;
  const alone = await runTests('this Node, once more and alone', process.execPath, [
    '--maxWorkers=1',
    ...files,
  ]);
  if (alone.failed > 0) return result;
  for (const failure of failures) console.log(`NOT STEADY, passed when tried again: ${failure}`);
  return { ...result, passed: result.passed + failures.length, failed: 0, failures: [] };
}

/**
 * @param {string} file what vitest's JSON reporter has written, if it came to that
 * @returns {Result}
 */
function readCounts(file) {
  try {
    /** @type {import('vitest/node').JsonTestResults} */
    const result = JSON.parse(readFileSync(file, 'utf8'));
    const skipped = result.numPendingTests + result.numTodoTests;
    const failures = result.testResults.flatMap(failuresOf);
    const failedFiles = result.testResults
      .filter(({ status }) => status === 'failed')
      .map(({ name }) => relative(root, name));
    const { numPassedTests: passed, numFailedTests: failed } = result;
    return { passed, failed, skipped, failures, failedFiles };
  } catch (error) {
    console.error('vitest has left no result:', error);
    return { passed: 0, failed: 1, skipped: 0, failures: [], failedFiles: [] };
  }
}

/**
 * @param {import('vitest/node').JsonTestResult} file
 * @returns {string[]} what failed in it and why, in a few lines each
 */
function failuresOf(file) {
  const name = relative(root, file.name);
  const failed = file.assertionResults.filter((test) => test.status === 'failed');
  if (failed.length === 0 && file.status === 'failed') return [`${name}: ${file.message}`];
  return failed.map((test) => {
    const why = (test.failureMessages ?? []).join('\n').split('\n').slice(0, 8);
    return [`${name} > ${test.fullName}`, ...why].join('\n    ');
  });
}

/**
 * @returns {Promise<string | undefined>} path of its `node`; nothing where we run on it already,
 *   or, outside CI, where it cannot be had
 */
async function findLts() {
  if (process.versions.node.split('.')[0] === currentLts.split('.')[0]) return undefined;
  try {
    return await installCurrentLts();
  } catch (error) {
    if (process.env['CI']) throw error;
    console.error(`\nSKIPPED: the tests on Node ${currentLts}, which cannot be installed:`, error);
    return undefined;
  }
}

/**
 * Names what failed once more, because whoever has only the end of the output needs it most. Ends
 * with one line that a program can read, and the exit code that goes with it.
 *
 * @param {readonly Result[]} results
 * @param {boolean} logsAreClean whether they have no secret in them, and others can read them
 */
function report(results, logsAreClean) {
  for (const failure of results.flatMap((result) => result.failures)) {
    console.log(`FAILED ${failure}`);
  }
  const sum = (/** @type {'passed' | 'failed' | 'skipped'} */ key) =>
    results.reduce((n, result) => n + result[key], 0);
  const failed = sum('failed') + (logsAreClean ? 0 : 1);
  process.exitCode = failed === 0 ? 0 : 1;
  console.log(`${sum('passed')} passed, ${failed} failed, ${sum('skipped')} skipped`);
}
