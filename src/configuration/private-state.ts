import { join, resolve } from 'node:path';
import { valueAt } from './reading/value-at.js';
import { assertAllPrivate, NotPrivateError, type PrivateFolder } from '../durable/private.js';
import { type PrivateFolderField, privateFolderFields } from './written-fields.js';
import { AdminSocketError, assertSocketPath } from '../http/admin/admin-socket.js';
import { errnoOf } from '../shared/errno.js';
import { foldersInside } from '../state/files/state-folder.js';

const AUDIT_FILE = /^(\d{12}\.|signing-key\.json$)/;

/**
 * Looks at everything that must be closed to others before anything is made or opened: one wrong
 * mount makes many paths wrong, and each of them would keep another start from succeeding.
 *
 * @param value a configuration, checked or not
 * @param stateDirectory where relative paths start
 * @throws NotPrivateError with all of them; AdminSocketError where that is all
 */
export async function checkPrivateState(value: unknown, stateDirectory: string): Promise<void> {
  const socket = valueAt(value, ['admin', 'socket']);
  const socketPath = resolve(stateDirectory, typeof socket === 'string' ? socket : 'admin.sock');
  const complaints = [
    await complaintOf(async () => assertAllPrivate(await privateFolders(value, stateDirectory))),
    await complaintOf(() => {
      assertSocketPath(socketPath);
    }),
  ].filter((complaint) => complaint !== undefined);
  const [first, second] = complaints;
  if (first === undefined) return;
  if (second === undefined) throw first;
  throw new NotPrivateError(complaints.map(({ message }) => message).join('\n'));
}

async function complaintOf(check: () => Promise<void> | void): Promise<Error | undefined> {
  try {
    await check();
    return undefined;
  } catch (error) {
    if (error instanceof NotPrivateError || error instanceof AdminSocketError) return error;
    throw error;
  }
}

async function privateFolders(value: unknown, stateDirectory: string): Promise<PrivateFolder[]> {
  const named = await Promise.all(
    privateFolderFields(value).map((field) => foldersOf(field, stateDirectory)),
  );
  const isQuickstart = valueAt(value, ['quickstart']) === true;
  const quickstart = isQuickstart ? [allIn(join(stateDirectory, 'quickstart'))] : [];
  return [...named.flat(), ...quickstart];
}

async function foldersOf(
  { value: field, part, backendFolder }: PrivateFolderField,
  stateDirectory: string,
): Promise<PrivateFolder[]> {
  if (typeof field !== 'string') return [];
  const path = resolve(stateDirectory, field);
  if (part === 'audit') return [{ path, holds: isAuditFile }];
  if (part === 'state') return (await stateFoldersIn(path)).map(allIn);
  if (part === 'notifications') return [allIn(path)];
  const keys = backendFolder?.keys;
  if (keys === undefined) return [{ path, holds: () => false }];
  return ['.', ...keys.subfolders].map((subfolder) => allIn(join(path, subfolder)));
}

/** One that cannot be looked at is left to whoever needs it. */
async function stateFoldersIn(path: string): Promise<readonly string[]> {
  try {
    return await foldersInside(path);
  } catch (error) {
    if (errnoOf(error) === undefined) throw error;
    return [path];
  }
}

function allIn(path: string): PrivateFolder {
  return { path, holds: () => true };
}

function isAuditFile(name: string): boolean {
  return AUDIT_FILE.test(name);
}
