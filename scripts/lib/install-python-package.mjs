import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './paths.mjs';
import { mustRun } from './run.mjs';

/**
 * Installs a package of PyPI beside the project, once, as it comes built.
 *
 * @param {string} name of the package
 * @param {string} version
 * @param {readonly string[]} others that it needs, as `name==version`: pip adds none by itself
 * @returns {Promise<string>} the folder that it lies in
 * @throws {Error} when there is no Python with pip, or no such package for this platform
 */
export async function installPythonPackage(name, version, others = []) {
  const versions = join(root, '.cache', name);
  const folder = join(versions, version);
  if (existsSync(folder)) return folder;
  process.stderr.write(`Installing ${name} ${version} …\n`);
  mkdirSync(versions, { recursive: true });
  // Into its place in one step: another test file may be at the same.
  const unfinished = mkdtempSync(join(versions, 'unfinished-'));
  try {
    const what = [
      '--target',
      unfinished,
      '--only-binary',
      ':all:',
      `${name}==${version}`,
      ...others,
    ];
    await mustRun('python3', ['-m', 'pip', 'install', '--quiet', '--no-deps', ...what], {
      toStderr: true,
      // A folder of ours is no matter of the system's packages.
      env: { ...process.env, PIP_ROOT_USER_ACTION: 'ignore' },
    });
    if (!existsSync(folder)) renameSync(unfinished, folder);
  } catch (error) {
    if (existsSync(folder)) return folder;
    throw error;
  } finally {
    rmSync(unfinished, { recursive: true, force: true });
  }
  return folder;
}
