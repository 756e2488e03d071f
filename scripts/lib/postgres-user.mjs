import { readFileSync } from 'node:fs';

/**
 * @typedef {object} PostgresUser
 * @property {number} uid
 * @property {number} gid
 * @property {string} home
 */

/**
 * The user that PostgreSQL runs as where this process is root, which it refuses: the one that
 * Debian makes for it, or nobody.
 *
 * @returns {PostgresUser | undefined} undefined where it runs as this process does
 */
export function postgresUser() {
  if (process.getuid?.() !== 0) return undefined;
  const users = readFileSync('/etc/passwd', 'utf8').split('\n');
  const line = users.find((user) => user.startsWith('postgres:'));
  const [, , uid, gid, , home] = (line ?? 'nobody:x:65534:65534::/tmp').split(':');
  return { uid: Number(uid), gid: Number(gid), home: home ?? '/tmp' };
}
