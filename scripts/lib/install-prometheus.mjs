import { aptInstall, isOnPath } from './apt.mjs';

const program = 'promtool';

/**
 * Prometheus's tool that checks and tests alert rules, installed where that is ours to do: as root
 * on a system with apt. Prometheus itself is not started.
 *
 * @returns {Promise<string>} its name, which is on the path
 * @throws {Error} where it is missing and has to be installed by hand
 */
export async function installPromtool() {
  if (!isOnPath(program)) await aptInstall(['prometheus']);
  if (isOnPath(program)) return program;
  throw new Error(
    'promtool is missing. Install Prometheus (apt-get install prometheus, brew install ' +
      'prometheus), and run this again.',
  );
}
