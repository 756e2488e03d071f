import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { installPythonPackage } from '../../../scripts/lib/install-python-package.mjs';
import { temporaryFolder } from '../../support/temporary-folder.js';
import { lineOf, operation, writeSegment } from '../../unit/evidence/search/log-folder.js';

const root = join(import.meta.dirname, '../../..');
/** As in scripts/read-logs.mjs. */
const VERSION = '2.0.1';
const REQUEST_ID = '2f1c8c5e-7d5b-4a4e-9c53-0c4f6c2d9a10';
const duckdb = await installPythonPackage('duckdb', VERSION).catch((error: unknown) => {
  if (process.env['CI']) throw error;
  process.stderr.write(`\nSKIPPED: the statements of docs/audit-search.md: ${String(error)}\n`);
  return undefined;
});

/** Record 3 is missing, and a line of the second segment is no JSON. */
function write(): string {
  const folder = temporaryFolder();
  const failed = { result: 'failure', errorName: 'KeyNotFound', cause: 'gone' };
  const asked = { kmsRequestId: REQUEST_ID, time: '2026-01-01T08:30:00.000Z' };
  const act = { type: 'administrative-act', act: 'createKey', by: 'eve' };
  const principal = { awsPrincipalArn: 'arn:aws:iam::1:role/a' };
  const first = [operation(0, principal), operation(1, asked), operation(2, failed)];
  writeSegment(folder, { first: 0, lines: first.map(lineOf), linesInMember: 2 });
  const lines = [lineOf(operation(4, act)), '{"no":', lineOf(operation(5, principal))];
  writeSegment(folder, { first: 4, lines });
  return folder;
}

it.skipIf(duckdb === undefined)(
  'the statements of docs/audit-search.md, run by DuckDB → what they say they find',
  async () => {
    const folder = write();
    const [recipes, page] = ['test/foreign-readers/recipes.py', 'docs/audit-search.md'];
    const args = [join(root, recipes), join(root, page), folder];
    const { stdout } = await promisify(execFile)('python3', args, {
      env: { ...process.env, PYTHONPATH: duckdb, TZ: 'UTC' },
    });
    const when = '2026-01-01 00:00:02+00:00';
    expect(JSON.parse(stdout)).toEqual([
      [],
      [[expect.stringContaining(`"sequence":1,`)]],
      [[1, '2026-01-01 08:30:00+00:00', 'key-operation', 'Encrypt', null]],
      [
        ['payroll', 'arn:aws:iam::1:role/a', 'Encrypt', 2],
        ['payroll', null, 'Encrypt', 2],
      ],
      [['KeyNotFound', 'gone', 1, when, when]],
      [[4, '2026-01-01 00:00:04+00:00', 'createKey', 'eve', 'payroll', 'success']],
      [[2, 4]],
      [[join(folder, '000000000004.jsonl'), 1]],
    ]);
  },
);
