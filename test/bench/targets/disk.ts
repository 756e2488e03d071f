import { statfs } from 'node:fs/promises';

/** Outlives a restart, and so is on a disk: a sync of a file in memory costs nothing. */
const DISK = '/var/tmp';
/** TMPFS_MAGIC of statfs(2). */
const TMPFS = 0x01021994;

/**
 * Finds the folder for all that is written and synced.
 *
 * @throws Error when it is in memory
 */
export async function folderOnDisk(): Promise<string> {
  const { type } = await statfs(DISK);
  if (type === TMPFS) throw new Error(`${DISK} is in memory: syncs would cost nothing`);
  return DISK;
}
