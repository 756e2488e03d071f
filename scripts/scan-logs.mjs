// Searches what a test run has logged for the secrets that its tests used.
// Usage: node scripts/scan-logs.mjs FOLDER [--require-servers]
import { join } from 'node:path';
import { tsImport } from 'tsx/esm/api';

const [folder, option] = process.argv.slice(2);
if (folder === undefined) throw new Error('usage: scan-logs.mjs FOLDER [--require-servers]');

const scanner = await tsImport('../test/support/log-scan.ts', import.meta.url);
const { scanLogs } = /** @type {typeof import('../test/support/log-scan.js')} */ (scanner);

const { files, leaks } = scanLogs(folder);
for (const { file, line, canary, form } of leaks) {
  console.error(`${file}:${line}: the ${canary} of the tests was logged (${form})`);
}
// A search that found nothing because nothing was logged would say nothing.
const servers = scanLogs(join(folder, 'servers')).files;
const blind = option === '--require-servers' && servers === 0;
if (blind) console.error(`No server under test has logged anything to ${folder}/servers.`);
console.log(`Searched ${files} logs (${servers} of servers) for secrets: ${leaks.length} found.`);
process.exitCode = leaks.length > 0 || blind ? 1 : 0;
