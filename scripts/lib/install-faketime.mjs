import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { aptInstall } from './apt.mjs';

/** Where Debian and Fedora put libraries; Debian has a folder for each processor. */
const libraries = ['/usr/lib', '/usr/lib64'];
const NAME = join('faketime', 'libfaketimeMT.so.1');

/**
 * The library that gives a process another clock, installed where that is ours to do: as root on a
 * system with apt.
 *
 * @returns {Promise<string>} its path, for LD_PRELOAD
 * @throws {Error} where it is missing and has to be installed by hand
 */
export async function installFaketime() {
  if (findFaketime() === undefined) await aptInstall(['libfaketime']);
  const library = findFaketime();
  if (library !== undefined) return library;
  throw new Error(
    'libfaketime is missing. Install it (apt-get install libfaketime), and run this again. It was ' +
      `looked for below ${libraries.join(' and ')}.`,
  );
}

function findFaketime() {
  const folders = libraries.filter((folder) => existsSync(folder));
  const paths = folders.flatMap((folder) => [
    join(folder, NAME),
    ...readdirSync(folder).map((processor) => join(folder, processor, NAME)),
  ]);
  return paths.find((path) => existsSync(path));
}
