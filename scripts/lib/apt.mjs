import { accessSync, constants, existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { mustRun } from './run.mjs';

/**
 * Installs Debian packages where that is ours to do: as root on a system with apt.
 *
 * @param {readonly string[]} packages
 * @returns {Promise<void>}
 * @throws {Error} when apt fails
 */
export async function aptInstall(packages) {
  if (process.getuid?.() !== 0 || !isOnPath('apt-get')) return;
  process.stderr.write(`Installing ${packages.join(', ')} …\n`);
  const options = { env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }, toStderr: true };
  await mustRun('apt-get', ['update', '-qq'], options);
  const install = ['install', '-y', '-qq', '--no-install-recommends', ...packages];
  await mustRun('apt-get', install, options);
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
