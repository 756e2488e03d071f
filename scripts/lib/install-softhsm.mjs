import { existsSync } from 'node:fs';
import { aptInstall, isOnPath } from './apt.mjs';

/** Programs that tests call, by Debian package: tools of tokens, and the check of systemd units. */
const tools = {
  'softhsm2-util': 'softhsm2',
  certutil: 'libnss3-tools',
  'pkcs11-tool': 'opensc',
  'systemd-analyze': 'systemd',
};
/** Where Debian, Fedora and Homebrew put the library. */
const modules = [
  '/usr/lib/softhsm/libsofthsm2.so',
  '/usr/lib64/pkcs11/libsofthsm2.so',
  '/usr/local/lib/softhsm/libsofthsm2.so',
  '/opt/homebrew/lib/softhsm/libsofthsm2.so',
];

/**
 * Installs SoftHSM, NSS and what else tests call, where that is ours to do: as root on a system
 * with apt. Anywhere else the tests that need them say so, and fail in CI.
 *
 * @returns {Promise<void>}
 * @throws {Error} when apt fails
 */
export async function ensureTokens() {
  const missing = Object.entries(tools).filter(([tool]) => !isOnPath(tool));
  if (missing.length === 0) return;
  await aptInstall([...missing.map(([, name]) => name), 'libnss3']);
}

/**
 * SoftHSM's library, installed where that is ours to do.
 *
 * @returns {Promise<string>} its path
 * @throws {Error} where it is missing and has to be installed by hand
 */
export async function installSoftHsm() {
  if (findSoftHsm() === undefined) await aptInstall(['softhsm2']);
  const module = findSoftHsm();
  if (module !== undefined) return module;
  throw new Error(
    'SoftHSM 2 is missing. Install it (apt-get install softhsm2, brew install softhsm), and run ' +
      `this again. It was looked for at ${modules.join(', ')}.`,
  );
}

function findSoftHsm() {
  return modules.find((path) => existsSync(path));
}
