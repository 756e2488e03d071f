import type { Stats } from 'node:fs';
import { lstat, mkdir, readdir, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { errnoOf } from '../shared/errno.js';
import { syncFolder } from './atomic-write.js';

const GROUP_AND_OTHERS = 0o077;
const ROOT = 0;
/**
 * Advice for a volume: the folder that it is mounted at is the system's, and the next mount changes
 * it again.
 */
const MOUNT_POINT =
  'If a volume is mounted there, as Kubernetes does with fsGroup, name a folder below it instead: docs/containers.md#kubernetes.';

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
  throwAll(complaintsAbout(await foundFolder(path), []));
}

/**
 * Checks that nobody but this process's user, and root, may read or write any of these files, and
 * that they are files: what a link leads to lies in a folder that nobody has looked at.
 *
 * @throws NotPrivateError with the one command that puts all of them right
 */
export async function assertPrivateFiles(paths: readonly string[]): Promise<void> {
  throwAll(complaintsAbout([], await Promise.all(paths.map(foundAt))));
}

/** A folder, and which of its entries hold what must be private; those that are folders do not. */
export interface PrivateFolder {
  readonly path: string;
  readonly holds: (name: string) => boolean;
}

/**
 * Checks many folders and files at once, so that whoever has to put them right does it once. What
 * is missing, or cannot be looked at, is left to whoever needs it.
 *
 * @throws NotPrivateError with a command for each kind of fault
 */
export async function assertAllPrivate(folders: readonly PrivateFolder[]): Promise<void> {
  const found = await Promise.all(folders.map(foundInside));
  throwAll(
    complaintsAbout(
      found.flatMap(({ folder }) => folder),
      found.flatMap(({ files }) => files),
    ),
  );
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

async function foundInside({ path, holds }: PrivateFolder) {
  try {
    const folder = await foundFolder(path);
    const names = (await readdir(path)).filter(holds);
    const entries = await Promise.all(names.map((name) => foundAt(join(path, name))));
    return { folder, files: entries.filter(({ stats }) => !stats.isDirectory()) };
  } catch (error) {
    if (errnoOf(error) === undefined) throw error;
    return { folder: [], files: [] };
  }
}

async function foundAt(path: string): Promise<Found> {
  return { path, stats: await lstat(path) };
}

/** A link, and the folder that it leads to; who owns the link is of interest, and not its mode. */
async function foundFolder(path: string): Promise<Found[]> {
  const found = await foundAt(path);
  const folder = { path, stats: await stat(path) };
  return found.stats.isSymbolicLink() ? [found, folder] : [folder];
}

function complaintsAbout(folders: readonly Found[], files: readonly Found[]): string[] {
  return [
    ...notRegular(files),
    ...notOwned([...folders, ...files]),
    ...notClosed(
      folders.filter(({ stats }) => !stats.isSymbolicLink()),
      '0700',
    ),
    ...notClosed(
      files.filter(({ stats }) => stats.isFile()),
      '0600',
    ),
  ];
}

function throwAll(complaints: readonly string[]): void {
  if (complaints.length > 0) throw new NotPrivateError(complaints.join('\n'));
}

function notRegular(found: readonly Found[]): string[] {
  const others = found.filter(({ stats }) => !stats.isFile());
  if (others.length === 0) return [];
  return [
    'What holds key material must be a file, and neither a link to one nor anything else: ' +
      `${listed(others)}. Put the file itself in the place of each, or move it away. ` +
      `To see what they are, run: ls -ld ${quoted(others)}`,
  ];
}

function notOwned(found: readonly Found[]): string[] {
  const foreign = found.filter(({ stats }) => stats.uid !== thisUser() && stats.uid !== ROOT);
  if (foreign.length === 0) return [];
  return [
    `What holds key material must belong to the user that Holdfast runs as, user id ${thisUser()}, and ` +
      `belongs to another: ${listed(foreign)}. If its contents can be trusted, run as root: ` +
      `chown ${foreign.some(({ stats }) => stats.isSymbolicLink()) ? '-h ' : ''}${thisUser()} ${quoted(foreign)}`,
  ];
}

function notClosed(found: readonly Found[], wantedMode: string): string[] {
  const open = found.filter(({ stats }) => (stats.mode & GROUP_AND_OTHERS) !== 0);
  if (open.length === 0) return [];
  const isOwn = open.every(({ stats }) => stats.uid === thisUser());
  return [
    'What holds key material must be open to its owner alone, and other users can reach: ' +
      `${listed(open)}. ${isOwn ? 'Run' : 'As root, run'}: chmod ${wantedMode} ${quoted(open)}` +
      (isOwn ? '' : `\n${MOUNT_POINT}`),
  ];
}

/** Windows has no user ids, and says 0 of every file. */
function thisUser(): number {
  return process.geteuid?.() ?? ROOT;
}

function listed(found: readonly Found[]): string {
  return found.map(({ path }) => path).join(', ');
}

/** For a shell. */
function quoted(found: readonly Found[]): string {
  return found.map(({ path }) => `'${path.replaceAll("'", "'\\''")}'`).join(' ');
}
