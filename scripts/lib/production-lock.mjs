import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './paths.mjs';

/**
 * @typedef {object} Locked
 * @property {string} version
 * @property {boolean} [dev] whether development alone needs it
 * @property {string[]} [os] the systems that it is for; absent: all
 * @property {string[]} [cpu] the processors that it is for; absent: all
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
 * Tells whether a package is for this system and this processor: a binary part is not for all.
 *
 * @param {Locked} locked
 */
export function isForThisMachine({ os, cpu }) {
  const allows = (/** @type {string[] | undefined} */ list, /** @type {string} */ ours) =>
    list === undefined || list.includes(ours);
  return allows(os, process.platform) && allows(cpu, process.arch);
}

/**
 * @param {Lock} lock
 * @returns {string[]} a line for each package of this machine that is missing or of another version
 */
export function installedDifferently(lock) {
  const ours = Object.entries(lock.packages).filter(([, locked]) => isForThisMachine(locked));
  return ours.flatMap(([path, { version }]) => {
    const manifest = join(root, path, 'package.json');
    if (!existsSync(manifest)) return [`${path} is missing, and should be ${version}`];
    /** @type {{ version: string }} */
    const found = JSON.parse(readFileSync(manifest, 'utf8'));
    return found.version === version ? [] : [`${path} is ${found.version}, not ${version}`];
  });
}
