import { execFileSync } from 'node:child_process';
import { statSync } from 'node:fs';
import { CliError, EXIT } from './exit.js';

const ROOT = 0;

/** A user of this machine. */
interface User {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
}

/**
 * Lets this process go on as the user that the server runs as, so that it sees the files as the
 * server does: root may read them all, and would have itself for their owner.
 *
 * @param wanted name or id of the user; without it the owner of the state folder, for root alone
 * @returns what was done, or what to know, for people
 * @throws CliError for a user that does not exist, or that this process may not become
 */
export function becomeServiceUser(
  wanted: string | undefined,
  stateDirectory: string,
): string | undefined {
  const uid = process.geteuid?.();
  if (uid === undefined) return undefined;
  const user = wanted === undefined ? ownerOf(stateDirectory) : userCalled(wanted);
  if (user === undefined || user.uid === uid) return undefined;
  const whose = `${user.name}, ${wanted === undefined ? `to whom ${stateDirectory} belongs` : 'by --as'}`;
  if (uid !== ROOT && wanted === undefined) {
    return `you are not ${whose}: what is found of files is found for you. Run it as that user`;
  }
  if (uid !== ROOT) throw new CliError(EXIT.usage, `only root can look as ${user.name}`);
  if (user.uid === ROOT) return undefined;
  process.setgroups?.(groupsOf(user));
  process.setgid?.(user.gid);
  process.setuid?.(user.uid);
  return `looked at as the user ${whose}`;
}

function ownerOf(path: string): User | undefined {
  try {
    const { uid, gid } = statSync(path);
    return { name: nameOf(uid), uid, gid };
  } catch {
    return undefined; // A folder that is not there yet has no owner; what is wrong is told elsewhere.
  }
}

function groupsOf({ uid, gid }: User): number[] {
  try {
    return idOf('-G', String(uid)).split(' ').map(Number);
  } catch {
    return [gid]; // A user without a name is in no other group.
  }
}

function nameOf(uid: number): string {
  try {
    return idOf('-un', String(uid));
  } catch {
    return `with the user id ${uid}`; // In containers users need have no name.
  }
}

function userCalled(wanted: string): User {
  try {
    return {
      name: wanted,
      uid: Number(idOf('-u', wanted)),
      gid: Number(idOf('-g', wanted)),
    };
  } catch {
    throw new CliError(EXIT.usage, `there is no user ${wanted} on this machine`);
  }
}

function idOf(option: string, user: string): string {
  return execFileSync('id', [option, '--', user], { encoding: 'utf8', stdio: 'pipe' }).trim();
}
