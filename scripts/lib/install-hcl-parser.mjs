import { installPythonPackage } from './install-python-package.mjs';

/**
 * Installs a parser of Terraform's language beside the project, once: the Python module `hcl2`.
 *
 * @returns {Promise<string>} the folder that it lies in, for PYTHONPATH
 * @throws {Error} when there is no Python with pip, or no such package for this platform
 */
export function installHclParser() {
  return installPythonPackage('python-hcl2', '8.1.4', ['lark==1.3.1', 'regex==2026.11.19']);
}
