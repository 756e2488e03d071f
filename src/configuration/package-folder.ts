import { existsSync, realpathSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, isAbsolute, join, resolve, sep } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The folder that stands above both `src` and `dist`. */
const PACKAGE = fileURLToPath(new URL('../..', import.meta.url)).replace(/\/$/, '');

/** The configuration that is served when nothing else is said. */
export const QUICKSTART_CONFIGURATION = join(PACKAGE, 'config', 'quickstart.yaml');

/**
 * Tells whether this is no clone, whose files are the user's, but a package, whose files npm
 * replaces.
 */
function isInstalled(): boolean {
  return !existsSync(join(PACKAGE, 'src'));
}

/**
 * Tells whether a path leads into the installed package, by whatever links: npm would remove it
 * with the next version, and with every `npm ci`. A clone may keep what it likes.
 *
 * @param path absolute; what it names need not be there yet
 */
export function isInPackage(path: string): boolean {
  if (!isInstalled()) return false;
  return `${realPath(path)}${sep}`.startsWith(`${realpathSync(PACKAGE)}${sep}`);
}

/**
 * The state folder of an installed quickstart: the user's folder for such things, so that every
 * command finds the server wherever it is run, and no key comes to lie in a project that is
 * published.
 *
 * @returns `undefined` for a clone, whose own file says where
 * @see XDG Base Directory Specification
 */
export function installedQuickstartState(
  file: string,
  env: Readonly<Record<string, string | undefined>>,
): string | undefined {
  if (!isInstalled() || realPath(file) !== realPath(QUICKSTART_CONFIGURATION)) return undefined;
  const state = env['XDG_STATE_HOME'];
  if (state !== undefined && isAbsolute(state)) return join(state, 'holdfast');
  const home = homeOf(env);
  return home === undefined ? resolve('var') : join(home, '.local', 'state', 'holdfast');
}

function homeOf(env: Readonly<Record<string, string | undefined>>): string | undefined {
  const home = env['HOME'];
  if (home !== undefined && isAbsolute(home)) return home;
  try {
    return homedir();
  } catch {
    return undefined; // A user id that the system does not know.
  }
}

/** Follows the links of a path, as far as it exists. */
function realPath(path: string): string {
  if (existsSync(path)) return realpathSync(path);
  const parent = dirname(path);
  return parent === path
    ? path
    : resolve(realPath(parent), path.slice(parent.length).replace(/^\//, ''));
}
