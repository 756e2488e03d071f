import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './paths.mjs';

/**
 * @typedef {object} Locked
 * @property {string} version
 * @property {boolean} [dev] whether development alone needs it
 */

/**
 * npm-shrinkwrap.json without what development alone needs.
 *
 * @typedef {object} Lock
 * @property {Record<string, Locked>} packages by path; the project itself has the empty one
 */

/** @returns {Lock} what production runs on, itself included */
export function productionLock() {
  /** @type {Lock} */
  const lock = JSON.parse(readFileSync(join(root, 'npm-shrinkwrap.json'), 'utf8'));
  const needed = Object.entries(lock.packages).filter(([, { dev }]) => dev !== true);
  return { ...lock, packages: Object.fromEntries(needed) };
}

/**
 * @param {Lock} lock
 * @returns {string[]} a line for each package that is missing or of another version
 */
export function installedDifferently(lock) {
  return Object.entries(lock.packages).flatMap(([path, { version }]) => {
    const manifest = join(root, path, 'package.json');
    if (!existsSync(manifest)) return [`${path} is missing, and should be ${version}`];
    /** @type {{ version: string }} */
    const found = JSON.parse(readFileSync(manifest, 'utf8'));
    return found.version === version ? [] : [`${path} is ${found.version}, not ${version}`];
  });
}
