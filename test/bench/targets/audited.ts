import { statfs } from 'node:fs/promises';
import { startHoldfast } from './holdfast.js';
import type { Target } from './target.js';

/** Outlives a restart, and so is on a disk: a sync of a file in memory costs nothing. */
const DISK = '/var/tmp';
/** TMPFS_MAGIC of statfs(2). */
const TMPFS = 0x01021994;

/** Of all three, for the same measure: so few that a refusal counts as slow, and cannot make a percentile look better than it is. */
const MAX_REFUSED_SHARE = 0.01;

/** The file key manager without an audit log, on the same disk: what the others are compared with. */
export const unaudited: Target = {
  name: 'without',
  maxRefusedShare: MAX_REFUSED_SHARE,
  start: async () => startHoldfast('without', { parentDirectory: await disk() }),
};

/** The same with an audit log whose records outlive the process when an answer goes out. */
export const written: Target = audited('written');

/** The same with an audit log whose records outlive a power cut. */
export const synced: Target = audited('synced');

function audited(durability: 'written' | 'synced'): Target {
  return {
    name: durability,
    maxRefusedShare: MAX_REFUSED_SHARE,
    start: async () => startHoldfast(durability, { parentDirectory: await disk(), durability }),
  };
}

async function disk(): Promise<string> {
  const { type } = await statfs(DISK);
  if (type === TMPFS) throw new Error(`${DISK} is in memory: syncs would cost nothing`);
  return DISK;
}
