import { accessSync, constants, existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { mustRun } from './run.mjs';

/**
 * Installs Debian packages where that is ours to do: as root on a system with apt. One process
 * after the other: several test files may be at it.
 *
 * @param {readonly string[]} packages
 * @returns {Promise<void>}
 * @throws {Error} when apt fails
 */
export async function aptInstall(packages) {
  if (process.getuid?.() !== 0 || !isOnPath('apt-get')) return;
  process.stderr.write(`Installing ${packages.join(', ')} …\n`);
  const install = `apt-get install -y -qq --no-install-recommends ${packages.join(' ')}`;
  const args = ['/var/lock/holdfast-apt', 'sh', '-c', `apt-get update -qq && ${install}`];
  // RUNLEVEL: a daemon is for the tests to start, each with a configuration of its own.
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive', RUNLEVEL: '1' };
  await mustRun('flock', args, { env, toStderr: true });
}

/**
 * Tells whether a program can be called by its name.
 *
 * @param {string} program
 */
export function isOnPath(program) {
  const folders = (process.env['PATH'] ?? '').split(delimiter);
  return folders.some((folder) => isExecutable(join(folder, program)));
}

/** @param {string} path */
function isExecutable(path) {
  if (!existsSync(path)) return false;
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
