import { join, resolve } from 'node:path';
import { valueAt } from './reading/value-at.js';
import { assertAllPrivate, NotPrivateError, type PrivateFolder } from '../durable/private.js';
import { privateFolderFields } from './written-fields.js';
import { AdminSocketError, assertSocketPath } from '../http/admin/admin-socket.js';

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
    await complaintOf(() => assertAllPrivate(privateFolders(value, stateDirectory))),
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

function privateFolders(value: unknown, stateDirectory: string): PrivateFolder[] {
  const named = privateFolderFields(value).flatMap(({ value: field, backendFolder }) => {
    if (typeof field !== 'string') return [];
    const path = resolve(stateDirectory, field);
    if (backendFolder === undefined) return [{ path, holds: isAuditFile }];
    const { keys } = backendFolder;
    if (keys === undefined) return [{ path, holds: () => false }];
    return ['.', ...keys.subfolders].map((subfolder) => allIn(join(path, subfolder)));
  });
  const isQuickstart = valueAt(value, ['quickstart']) === true;
  return isQuickstart ? [...named, allIn(join(stateDirectory, 'quickstart'))] : named;
}

function allIn(path: string): PrivateFolder {
  return { path, holds: () => true };
}

function isAuditFile(name: string): boolean {
  return AUDIT_FILE.test(name);
}
