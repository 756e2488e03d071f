import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { npm } from './install.mjs';
import { root } from './paths.mjs';

/** The Node that the documentation recommends; its line is the current LTS. */
export const currentLts = '26.10.0';

/**
 * Installs the current LTS beside the project. The npm package `node` only picks the package of
 * the platform in an install script, which npm does not run unasked; so that one is named here.
 *
 * @returns {Promise<string>} path of the `node` program
 * @throws {Error} when npm has no such package for this platform, or cannot be reached
 */
export async function installCurrentLts() {
  const name = `node-${process.platform === 'win32' ? 'win' : process.platform}-${process.arch}`;
  const folder = join(root, '.cache', `node-${currentLts}`);
  const file = process.platform === 'win32' ? 'node.exe' : 'node';
  const program = join(folder, 'node_modules', name, 'bin', file);
  if (!existsSync(program)) {
    process.stderr.write(`Installing Node ${currentLts} …\n`);
    await npm(['install', '--prefix', folder, '--no-save', '--no-audit', `${name}@${currentLts}`]);
  }
  return program;
}
