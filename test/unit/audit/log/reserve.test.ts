import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmdirSync, statfsSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { auditRecords } from '../../../support/audit-records.js';
import { temporaryFolder } from '../../../support/temporary-folder.js';
import { addRecords, openTestLog, payloads } from './log-fixture.js';

const MIB = 1024 * 1024;

/** A file system of a mebibyte. Only root may mount one. */
function smallDisk(): string {
  const folder = temporaryFolder();
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m,mode=0700', 'tmpfs', folder]);
  onTestFinished(() => {
    execFileSync('umount', ['-l', folder]);
  });
  return folder;
}

function mayMount(): boolean {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-mount-'));
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', folder], { stdio: 'ignore' });
    execFileSync('umount', [folder]);
    return true;
  } catch {
    process.stderr.write('skipped: a small file system cannot be mounted here\n');
    return false;
  } finally {
    rmdirSync(folder);
  }
}

/** Leaves so much room. */
function fillUp(folder: string, leave: number): void {
  const { bavail, bsize } = statfsSync(folder);
  writeFileSync(join(folder, 'something-else'), Buffer.alloc(bavail * bsize - leave));
}

describe.skipIf(!mayMount())('a disk that becomes full', () => {
  it('what is under way is recorded all the same, and the log says that no more is to be begun', async () => {
    const folder = smallDisk();
    const { log, failures } = await openTestLog(folder);
    await log.takeReserve();
    const reserve = join(folder, 'reserve');
    expect(statSync(reserve)).toMatchObject({ size: MIB / 4 });
    expect(statSync(reserve).mode & 0o777).toBe(0o600);
    await addRecords(log, 1);
    fillUp(folder, 0);
    await addRecords(log, 40);
    expect(failures).toMatchObject([{ code: 'ENOSPC' }]);
    expect(existsSync(reserve)).toBe(false);
    // An act that had been begun.
    await log.append(payloads.of('stop', {}));
    await expect(log.takeReserve()).rejects.toMatchObject({ code: 'ENOSPC' });
    await log.close();
    expect(await auditRecords(folder)).toHaveLength(43);
  });

  it('without a reserve → the write fails, and the log is as it was', async () => {
    const folder = smallDisk();
    const { log } = await openTestLog(folder);
    await addRecords(log, 1);
    fillUp(folder, 0);
    await expect(addRecords(log, 40)).rejects.toMatchObject({ code: 'ENOSPC' });
    await log.close();
    expect((await auditRecords(folder)).length).toBe(2);
  });
});
