import { execFile } from 'node:child_process';
import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const SOURCE = fileURLToPath(new URL('./faulty-disk.c', import.meta.url));

/** A disk below the audit log of a process that fails when a test says so. */
export interface FaultyDisk {
  /** Variables that the process is to be started with. */
  readonly env: Readonly<Record<string, string>>;
  /**
   * Sets the fault from now on, as the library's source says: `fdatasync EIO`, `fdatasync 500`,
   * `write ENOSPC`, `write 500`, `write ENOSPC policy-sets`.
   */
  fail(fault: string): void;
  /** Works again. */
  recover(): void;
  /** The threads that have made the slow writes, in their order. */
  slowWrites(): ('loop' | 'pool')[];
}

/** Compiles the library that stands before the C library. */
export async function makeFaultyDisk(folder: string): Promise<FaultyDisk> {
  const library = join(folder, 'faulty-disk.so');
  const faultFile = join(folder, 'disk-fault');
  await promisify(execFile)('cc', ['-shared', '-fPIC', '-O1', '-o', library, SOURCE, '-ldl']);
  return {
    env: { LD_PRELOAD: library, FAULT_FILE: faultFile },
    fail: (fault) => {
      writeFileSync(`${faultFile}.new`, fault);
      renameSync(`${faultFile}.new`, faultFile);
    },
    recover: () => {
      rmSync(faultFile, { force: true });
    },
    slowWrites: () =>
      readFileSync(`${faultFile}.calls`, 'utf8').trim().split('\n') as ('loop' | 'pool')[],
  };
}
