import { accessSync, constants, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import type { ConfigurationProblem, FieldPath } from './reading/problem.js';
import { describeFileError } from './reading/text-file.js';
import { assertPrivateFolder, NotPrivateError } from '../durable/private.js';
import { blockedFolder, modeAndOwner } from '../shared/blocked-folder.js';
import { isErrno } from '../shared/errno.js';
import type { Configuration } from './schema.js';
import { privateFolderFields } from './written-fields.js';

const ALLOWED = 'a folder that this user can write to';

/**
 * Looks at the folders that a server writes to, as the user that this process runs as. One that is
 * missing is made at the first start, in a folder that has to let the user do so.
 *
 * @returns every one that a server of this user could not use
 */
export async function checkWrittenFolders(
  configuration: Configuration,
): Promise<ConfigurationProblem[]> {
  const { stateDirectory, admin } = configuration;
  const folders = privateFolderFields(configuration).flatMap(({ path, value }) =>
    typeof value === 'string' ? [{ path, folder: resolve(stateDirectory, value) }] : [],
  );
  return [
    ...writable(['stateDirectory'], stateDirectory),
    ...writable(['admin', 'socket'], dirname(admin.socket)),
    ...folders.flatMap(({ path, folder }) => writable(path, folder)),
    ...(await Promise.all(folders.map(({ path, folder }) => isPrivate(path, folder)))).flat(),
  ];
}

function writable(path: FieldPath, folder: string): ConfigurationProblem[] {
  const existing = nearest(folder);
  const isMissing = existing !== folder;
  const what = isMissing
    ? `the folder ${folder}, which does not exist and cannot be made in ${existing}`
    : `the folder ${folder}`;
  try {
    if (!statSync(existing).isDirectory()) {
      return [{ path, found: `${existing}, which is no folder`, allowed: ALLOWED }];
    }
    accessSync(existing, constants.R_OK | constants.W_OK | constants.X_OK);
    return [];
  } catch {
    const why = blockedFolder(existing) ?? existing;
    const found = `${what}: ${why} has ${modeAndOwner(why)}`;
    return [{ path, found, allowed: ALLOWED }];
  }
}

/** The path itself, or the first above it that exists or cannot be looked at. */
function nearest(path: string): string {
  try {
    if (statSync(path, { throwIfNoEntry: false }) !== undefined) return path;
  } catch {
    return path;
  }
  return nearest(dirname(path));
}

async function isPrivate(path: FieldPath, folder: string): Promise<ConfigurationProblem[]> {
  try {
    await assertPrivateFolder(folder);
    return [];
  } catch (error) {
    // What is missing will be made as it should be; what cannot be reached has been told.
    if (isErrno(error, 'ENOENT') || isErrno(error, 'EACCES')) return [];
    const found =
      error instanceof NotPrivateError ? error.message : describeFileError(folder, error);
    return [
      { path, found, allowed: 'a folder of mode 0700 that belongs to this user, or to root' },
    ];
  }
}
