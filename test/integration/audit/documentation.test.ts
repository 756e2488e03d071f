import { execFile } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { proveRecord } from '../../../src/audit/verify/prove.js';
import { openCheckpoint } from '../../../src/transparency-log/checkpoint.js';
import { parseVerifierKey } from '../../../src/transparency-log/signed-note.js';
import { auditSigner, auditVerifierKey, runServer } from '../../support/audit-log-folder.js';
import { describeWithPython } from '../../support/audit-log-python.js';
import { temporaryFolder } from '../../support/temporary-folder.js';

const run = promisify(execFile);
const PAGE = readFileSync(new URL('../../../docs/audit.md', import.meta.url), 'utf8');

/** The block of commands that begins with a text. */
function blockWith(start: string): string {
  const block = PAGE.split('```').find((part) => part.startsWith(start));
  if (block === undefined) throw new Error(`docs/audit.md has no block ${start}`);
  return block.slice(block.indexOf('\n') + 1);
}

describeWithPython('docs/audit.md', () => {
  it('the checkpoint of the page → verifies with its key', () => {
    const key = /key `(?<key>xks\.example\.com[^`]+)`/.exec(PAGE)?.groups?.['key'] ?? '';
    const checkpoint = openCheckpoint(blockWith('\nxks.example.com'), parseVerifierKey(key));
    expect(checkpoint).toMatchObject({ origin: 'xks.example.com/audit-1', size: 91_822 });
  });

  it('a proof checked by hand, as the page says → taken, and refused for another record', async () => {
    const [log, folder] = [temporaryFolder(), temporaryFolder()];
    await runServer({ directory: log, records: 60 });
    const { line, proof } = await proveRecord(log, 47, [auditSigner.verifierKey]);
    writeFileSync(join(folder, 'audit-1.vkey'), `${auditVerifierKey}\n`);
    writeFileSync(join(folder, 'record-4711.json'), line);
    writeFileSync(join(folder, 'record-4711.tlog-proof'), proof);
    const commands = ['-ec', blockWith("sh\nsed '1,/^$/d'")];
    const { stdout } = await run('sh', commands, { cwd: folder });
    expect(stdout).toContain('Signature Verified Successfully');
    expect(stdout).toContain('record 47 is in the log of');
    writeFileSync(
      join(folder, 'record-4711.json'),
      line.replace('Encrypt', 'Decrypt').replace('key-1', 'key-2'),
    );
    await expect(run('sh', commands, { cwd: folder })).rejects.toThrow('not in the log');
  });
});
