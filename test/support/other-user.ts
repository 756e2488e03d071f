import { lchown } from 'node:fs/promises';
import { vi } from 'vitest';

/** Nobody who runs tests. */
const OTHER_USER = 54_321;

/**
 * Makes a path another user's than the one that this process runs as. Only root can give a file
 * away; for everybody else the process takes itself for another user, until the test ends.
 */
export async function giveAway(path: string): Promise<void> {
  if (process.geteuid?.() === 0) await lchown(path, OTHER_USER, OTHER_USER);
  else vi.spyOn(process, 'geteuid').mockReturnValue(OTHER_USER);
}
