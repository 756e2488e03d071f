import { join, resolve } from 'node:path';
import { valueAt, valuesAt } from './reading/value-at.js';
import { assertAllPrivate, NotPrivateError, type PrivateFolder } from '../durable/private.js';
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
  const at = (pattern: readonly string[]) =>
    valuesAt(value, pattern).flatMap(({ value: path }) =>
      typeof path === 'string' ? [resolve(stateDirectory, path)] : [],
    );
  const all = (path: string): PrivateFolder => ({ path, holds: () => true });
  const keys = at(['keyManagers', '*', 'directory']);
  return [
    ...at(['audit', 'directory']).map((path) => ({
      path,
      holds: (name: string) => AUDIT_FILE.test(name),
    })),
    ...keys.map(all),
    ...keys.map((path) => all(join(path, 'counters'))),
    ...at(['keyManagers', '*', 'countersDirectory']).map((path) => ({ path, holds: () => false })),
    ...(valueAt(value, ['quickstart']) === true ? [all(join(stateDirectory, 'quickstart'))] : []),
  ];
}
