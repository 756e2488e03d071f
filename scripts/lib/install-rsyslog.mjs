import { existsSync } from 'node:fs';
import { mustRun } from './run.mjs';

/** Not on the PATH of every user. */
const program = '/usr/sbin/rsyslogd';
/** The daemon, and its TLS. */
const packages = ['rsyslog', 'rsyslog-gnutls'];

/**
 * The syslog daemon that the tests of the audit log's sinks run, installed where that is ours to do:
 * as root on a system with apt.
 *
 * @returns {Promise<string>} path of `rsyslogd`
 * @throws {Error} where it is missing and has to be installed by hand
 */
export async function installRsyslog() {
  if (existsSync(program)) return program;
  if (process.getuid?.() === 0 && existsSync('/usr/bin/apt-get')) {
    process.stderr.write(`Installing ${packages.join(', ')} …\n`);
    // RUNLEVEL: the daemon is for the tests to start, each with a configuration of its own.
    const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive', RUNLEVEL: '1' };
    const options = { env, toStderr: true };
    await mustRun('apt-get', ['update', '-qq'], options);
    const install = ['install', '-y', '-qq', '--no-install-recommends', ...packages];
    await mustRun('apt-get', install, options);
  }
  if (existsSync(program)) return program;
  throw new Error(`${program} is missing: apt-get install ${packages.join(' ')}`);
}
