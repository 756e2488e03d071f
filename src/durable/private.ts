import type { Stats } from 'node:fs';
import { lstat, mkdir, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { syncFolder } from './atomic-write.js';

const GROUP_AND_OTHERS = 0o077;
const ROOT = 0;

/**
 * Users other than the one that Holdfast runs as can read or exchange what holds secrets, or might.
 * The message has the command that puts it right.
 */
export class NotPrivateError extends Error {
  override readonly name = 'NotPrivateError';
}

/** A path and what was found there. */
interface Found {
  readonly path: string;
  readonly stats: Stats;
}

/**
 * Checks that nobody but this process's user, and root, may enter a folder or exchange it. A link
 * to a folder will do if it is this user's as well: who owns it decides where it leads.
 *
 * @throws NotPrivateError
 */
export async function assertPrivateFolder(path: string): Promise<void> {
  assertOwned([{ path, stats: await lstat(path) }]);
  const folder = { path, stats: await stat(path) };
  assertOwned([folder]);
  assertClosed([folder], '0700');
}

/**
 * Checks that nobody but this process's user, and root, may read or write any of these files, and
 * that they are files: what a link leads to lies in a folder that nobody has looked at.
 *
 * @throws NotPrivateError with the one command that puts all of them right
 */
export async function assertPrivateFiles(paths: readonly string[]): Promise<void> {
  const found = await Promise.all(
    paths.map(async (path): Promise<Found> => ({ path, stats: await lstat(path) })),
  );
  assertRegular(found);
  assertOwned(found);
  assertClosed(found, '0600');
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

function assertRegular(found: readonly Found[]): void {
  const others = found.filter(({ stats }) => !stats.isFile());
  if (others.length === 0) return;
  throw new NotPrivateError(
    'What holds key material must be a file, and neither a link to one nor anything else: ' +
      `${listed(others)}. Put the file itself in the place of each, or move it away. ` +
      `To see what they are, run: ls -ld ${quoted(others)}`,
  );
}

function assertOwned(found: readonly Found[]): void {
  // Windows has no user ids, and says 0 of every file.
  const user = process.geteuid?.() ?? ROOT;
  const foreign = found.filter(({ stats }) => stats.uid !== user && stats.uid !== ROOT);
  if (foreign.length === 0) return;
  throw new NotPrivateError(
    `What holds key material must belong to the user that Holdfast runs as, user id ${user}, and ` +
      `belongs to another: ${listed(foreign)}. If its contents can be trusted, run as root: ` +
      `chown ${foreign.some(({ stats }) => stats.isSymbolicLink()) ? '-h ' : ''}${user} ${quoted(foreign)}`,
  );
}

function assertClosed(found: readonly Found[], wantedMode: string): void {
  const open = found.filter(({ stats }) => (stats.mode & GROUP_AND_OTHERS) !== 0);
  if (open.length === 0) return;
  throw new NotPrivateError(
    'What holds key material must be open to its owner alone, and other users can reach: ' +
      `${listed(open)}. Run: chmod ${wantedMode} ${quoted(open)}`,
  );
}

function listed(found: readonly Found[]): string {
  return found.map(({ path }) => path).join(', ');
}

/** For a shell. */
function quoted(found: readonly Found[]): string {
  return found.map(({ path }) => `'${path.replaceAll("'", "'\\''")}'`).join(' ');
}
