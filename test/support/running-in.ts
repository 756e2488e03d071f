import { readdirSync, readlinkSync } from 'node:fs';

/** Finds the processes whose output goes to a file in a folder: their ids. */
export function runningIn(folder: string): string[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => isOpenIn(folder, pid));
}

function isOpenIn(folder: string, pid: string): boolean {
  try {
    return readlinkSync(`/proc/${pid}/fd/1`).startsWith(folder);
  } catch {
    return false; // It has ended, or is another user's.
  }
}
