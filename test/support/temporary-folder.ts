import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';

/**
 * A folder of mode 0700 that is gone afterwards. Its path is short enough for sockets.
 *
 * @param afterwards default: when the test has finished; `afterAll` for a folder of a whole file
 */
export function temporaryFolder(afterwards: (remove: () => void) => void = onTestFinished): string {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-'));
  afterwards(() => {
    rmSync(folder, { recursive: true, force: true });
  });
  return folder;
}
