// Has the audit logs, log lines and reports of a test run read by Python's json, jq and DuckDB.
// Usage: node scripts/read-logs.mjs FOLDER, which has `servers` in it
import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { aptInstall, isOnPath } from './lib/apt.mjs';
import { installPythonPackage } from './lib/install-python-package.mjs';
import { root } from './lib/paths.mjs';
import { run } from './lib/run.mjs';

/** The DuckDB that reads what the tests leave. */
const duckdbVersion = '2.0.1';

const [logs] = process.argv.slice(2);
if (logs === undefined) throw new Error('usage: read-logs.mjs FOLDER');
process.exitCode = await readWithOthers(logs);

/**
 * @param {string} folder of the test run
 * @returns {Promise<number>} 0 when every reader has read everything, or, outside CI, is not there
 */
async function readWithOthers(folder) {
  let duckdb;
  try {
    if (!isOnPath('jq')) await aptInstall(['jq']);
    if (!isOnPath('jq')) throw new Error('jq is missing: apt-get install jq');
    duckdb = await installPythonPackage('duckdb', duckdbVersion);
  } catch (error) {
    if (process.env['CI']) throw error;
    console.error('\nSKIPPED: reading the logs with jq and DuckDB, which cannot be had:', error);
    return 0;
  }
  const read = join(folder, 'read');
  const auditLogs = collectLines(join(folder, 'servers'), read);
  report(auditLogs, read);
  const reader = join(root, 'test', 'foreign-readers', 'read.py');
  return run('python3', [reader, read], { env: { ...process.env, PYTHONPATH: duckdb } });
}

/**
 * Copies lines of JSON: the records of audit logs, each as a log of its own, and what servers have
 * logged between the lines for people.
 *
 * @param {string} servers
 * @param {string} target
 * @returns {string[]} the folders of the audit logs
 */
function collectLines(servers, target) {
  const auditLogs = [];
  for (const name of readdirSync(servers)) {
    const text = readFileSync(join(servers, name), 'utf8');
    // Behind the last line feed is what a process that was killed had begun.
    const whole = text.split('\n').slice(0, -1);
    const lines = whole.filter((line) => line.startsWith('{"') && line.endsWith('}'));
    if (lines.length === 0) continue;
    const isAudit = name.startsWith('audit-');
    const folder = join(target, isAudit ? 'audit' : 'log', name);
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, '000000000000.jsonl'), `${lines.join('\n')}\n`);
    if (isAudit) auditLogs.push(folder);
  }
  return auditLogs;
}

/**
 * Makes the reports of all of them, as JSON and CSV.
 *
 * @param {readonly string[]} auditLogs
 * @param {string} target
 */
function report(auditLogs, target) {
  if (auditLogs.length === 0) return;
  const program = join(root, 'dist', 'cli', 'main.js');
  const reports = join(target, 'reports');
  mkdirSync(reports, { recursive: true });
  const all = ['--log', ...auditLogs];
  const period = ['--from', '2000-01-01', '--to', '2100-01-01'];
  const holdfast = (/** @type {readonly string[]} */ ...args) =>
    execFileSync(process.execPath, [program, 'audit', ...args], { maxBuffer: 2 ** 30 });
  const json = join(reports, 'report.json');
  holdfast('report', ...all, ...period, '--format', 'json', '--output', json);
  holdfast('report', ...all, ...period, '--format', 'csv', '--output', join(reports, 'csv'));
  writeFileSync(join(reports, 'query.json'), holdfast('query', ...all, '--json'));
}
