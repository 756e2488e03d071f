import { mkdir, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { syncFolder } from './atomic-write.js';

const GROUP_AND_OTHERS = 0o077;

/** Files or folders that hold secrets are open to more users than their owner. */
export class PermissionsTooWideError extends Error {
  override readonly name = 'PermissionsTooWideError';

  constructor(paths: readonly string[], wantedMode: string) {
    super(
      'What holds key material must be open to its owner alone, and other users can reach: ' +
        `${paths.join(', ')}. Run: chmod ${wantedMode} ${paths.map((path) => `'${path}'`).join(' ')}`,
    );
  }
}

/**
 * Checks that nobody but the owner may enter a folder.
 *
 * @throws PermissionsTooWideError with the command that puts it right
 */
export async function assertPrivateFolder(path: string): Promise<void> {
  if (await isOpenToOthers(path)) throw new PermissionsTooWideError([path], '0700');
}

/**
 * Checks that nobody but the owner may read or write any of these files.
 *
 * @throws PermissionsTooWideError with the one command that puts all of them right
 */
export async function assertPrivateFiles(paths: readonly string[]): Promise<void> {
  const open = await Promise.all(paths.map(isOpenToOthers));
  const tooWide = paths.filter((_, index) => open[index]);
  if (tooWide.length > 0) throw new PermissionsTooWideError(tooWide, '0600');
}

/** Makes a folder with mode 0700 that outlives a power cut; one that exists is left as it is. */
export async function makePrivateFolder(path: string): Promise<void> {
  const first = await mkdir(path, { recursive: true, mode: 0o700 });
  if (first === undefined) return;
  for (let made = path; ; made = dirname(made)) {
    await syncFolder(dirname(made));
    if (made === first) return;
  }
}

async function isOpenToOthers(path: string): Promise<boolean> {
  const { mode } = await stat(path);
  return (mode & GROUP_AND_OTHERS) !== 0;
}
