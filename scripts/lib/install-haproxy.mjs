import { existsSync } from 'node:fs';
import { aptInstall } from './apt.mjs';

/** Where Debian, Fedora and Homebrew put the program. */
const programs = ['/usr/sbin/haproxy', '/usr/local/bin/haproxy', '/opt/homebrew/bin/haproxy'];

/**
 * HAProxy, installed where that is ours to do: as root on a system with apt. It is not started:
 * each test and trial starts one of its own.
 *
 * @returns {Promise<string>} its path
 * @throws {Error} where it is missing and has to be installed by hand
 */
export async function installHaproxy() {
  if (findHaproxy() === undefined) await aptInstall(['haproxy']);
  const program = findHaproxy();
  if (program !== undefined) return program;
  throw new Error(
    'HAProxy is missing. Install it (apt-get install haproxy, brew install haproxy), and run ' +
      `this again. It was looked for at ${programs.join(', ')}.`,
  );
}

function findHaproxy() {
  return programs.find((path) => existsSync(path));
}
