import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { promisify } from 'node:util';

const run = promisify(execFile);
/** A directory service that does not answer must not hold anybody up. */
const TIMEOUT_MS = 2_000;

/** A user of this system. */
export interface SystemUser {
  readonly name: string;
  readonly uid: number;
  /** The primary group. */
  readonly gid: number;
}

/**
 * Finds a user of this system, of /etc/passwd or of whatever directory the system asks.
 *
 * @param user name or uid
 * @returns undefined where there is none, or the directory does not answer
 */
export async function findUser(user: string | number): Promise<SystemUser | undefined> {
  const local = usersIn(readPasswd());
  const isMeant = ({ name, uid }: SystemUser) => (typeof user === 'number' ? uid : name) === user;
  return local.find(isMeant) ?? usersIn(await askDirectory(String(user))).find(isMeant);
}

/**
 * Every group of a user, the primary one among them, as ids.
 *
 * @throws Error when the system does not say
 */
export async function groupsOf(name: string): Promise<readonly number[]> {
  const { stdout } = await run('id', ['-G', '--', name], { timeout: TIMEOUT_MS });
  return stdout.trim().split(' ').map(Number);
}

function readPasswd(): string {
  try {
    return readFileSync('/etc/passwd', 'utf8');
  } catch {
    return '';
  }
}

async function askDirectory(key: string): Promise<string> {
  try {
    const { stdout } = await run('getent', ['passwd', '--', key], { timeout: TIMEOUT_MS });
    return stdout;
  } catch {
    return '';
  }
}

/** @param passwd lines as in passwd(5) */
function usersIn(passwd: string): SystemUser[] {
  return passwd.split('\n').flatMap((line) => {
    const [name, , uid, gid] = line.split(':');
    if (name === undefined || !isId(uid) || !isId(gid)) return [];
    return [{ name, uid: Number(uid), gid: Number(gid) }];
  });
}

function isId(text: string | undefined): text is string {
  return text !== undefined && /^[0-9]{1,10}$/.test(text);
}
