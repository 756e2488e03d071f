import { statSync } from 'node:fs';
import { errnoOf } from '../shared/errno.js';
import { findUser, groupsOf, type SystemUser } from '../shared/system-users.js';
import { CliError, EXIT } from './exit.js';

const ROOT = 0;

/**
 * Makes this process one of another user, with all its groups, for good: what it can do afterwards,
 * that user can. Whatever is still to be imported has to be imported before.
 *
 * @param user name or uid
 * @throws CliError when there is no such user, or this process may not become it
 */
export async function becomeUser(user: string): Promise<void> {
  const found = await findUser(/^[0-9]+$/.test(user) ? Number(user) : user);
  if (found === undefined)
    throw new CliError(EXIT.usage, `No user ${user} was found on this system.`);
  if (process.geteuid?.() === found.uid) return;
  if (process.geteuid?.() !== ROOT) {
    throw new CliError(
      EXIT.usage,
      `Only root can look at files as ${found.name}. Run the command with sudo, or as ${found.name} without --as.`,
    );
  }
  await goOnAs(found);
}

/**
 * Lets this process go on as the user that the server runs as, so that it sees the files as the
 * server does: root may read them all, and would have itself for their owner.
 *
 * @param wanted name or uid; without it the owner of the state folder, for root alone
 * @returns what was done, or what to know, for people
 * @throws CliError for a user that does not exist, or that this process may not become
 */
export async function becomeServiceUser(
  wanted: string | undefined,
  stateDirectory: string,
): Promise<string | undefined> {
  const uid = process.geteuid?.();
  if (wanted !== undefined) {
    await becomeUser(wanted);
    return `looked at as the user ${wanted}, by --as`;
  }
  const owner = await ownerOf(stateDirectory);
  if (uid === undefined || owner === undefined || owner.uid === uid) return undefined;
  const whose = `${owner.name}, to whom ${stateDirectory} belongs`;
  if (uid !== ROOT) {
    return `you are not ${whose}: what is found of files is found for you. Run it as that user`;
  }
  await goOnAs(owner);
  return `looked at as the user ${whose}`;
}

async function goOnAs(user: SystemUser): Promise<void> {
  process.setgroups?.([...(await groupsOrPrimary(user))]);
  process.setgid?.(user.gid);
  process.setuid?.(user.uid);
}

/** A user without a name is in no other group. */
async function groupsOrPrimary({ uid, gid }: SystemUser): Promise<readonly number[]> {
  const named = await findUser(uid);
  return named === undefined ? [gid] : groupsOf(named.name);
}

/** A folder that is not there yet has no owner; what is wrong with it is told elsewhere. */
async function ownerOf(path: string): Promise<SystemUser | undefined> {
  try {
    const { uid, gid } = statSync(path);
    // In containers users need have no name.
    return (await findUser(uid)) ?? { name: `with the user id ${String(uid)}`, uid, gid };
  } catch (error) {
    if (errnoOf(error) === undefined) throw error;
    return undefined;
  }
}
