import { findUser, groupsOf } from '../shared/system-users.js';
import { CliError, EXIT } from './exit.js';

/**
 * Makes this process one of another user, with all its groups, for good: what it can do afterwards,
 * that user can. Whatever is still to be imported has to be imported before.
 *
 * @param user name or uid
 * @throws CliError when there is no such user, or this process may not become it
 */
export async function becomeUser(user: string): Promise<void> {
  const found = await findUser(/^[0-9]+$/.test(user) ? Number(user) : user);
  if (found === undefined) throw new CliError(EXIT.usage, `This system has no user ${user}.`);
  const { name, uid, gid } = found;
  if (process.geteuid?.() === uid) return;
  if (process.geteuid?.() !== 0) {
    throw new CliError(
      EXIT.usage,
      `Only root can look at files as ${name}. Run the command with sudo, or as ${name} without --as.`,
    );
  }
  process.setgroups?.([...(await groupsOf(name))]);
  process.setgid?.(gid);
  process.setuid?.(uid);
}
