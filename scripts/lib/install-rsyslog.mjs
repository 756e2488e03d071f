import { existsSync, readdirSync } from 'node:fs';
import { mustRun } from './run.mjs';

/** Not on the PATH of every user. */
const program = '/usr/sbin/rsyslogd';
/** The daemon, and its TLS. */
const packages = ['rsyslog', 'rsyslog-gnutls'];

/**
 * The syslog daemon that the tests of the audit log's sinks run, installed where that is ours to
 * do: as root on a system with apt.
 *
 * @returns {Promise<string>} path of `rsyslogd`
 * @throws {Error} where it is missing and has to be installed by hand
 */
export async function installRsyslog() {
  if (isInstalled()) return program;
  if (process.getuid?.() === 0 && existsSync('/usr/bin/apt-get')) {
    process.stderr.write(`Installing ${packages.join(', ')} …\n`);
    const install = `apt-get install -y -qq --no-install-recommends ${packages.join(' ')}`;
    // One after the other: another test file may be at the same.
    const args = ['/var/lock/holdfast-apt', 'sh', '-c', `apt-get update -qq && ${install}`];
    // RUNLEVEL: the daemon is for the tests to start, each with a configuration of its own.
    const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive', RUNLEVEL: '1' };
    await mustRun('flock', args, { env, toStderr: true });
  }
  if (isInstalled()) return program;
  throw new Error(`rsyslog with TLS is missing: apt-get install ${packages.join(' ')}`);
}

/** Debian has the libraries in a folder that is named after the machine. */
function isInstalled() {
  const libraries = ['/usr/lib64', ...readdirSync('/usr/lib').map((name) => `/usr/lib/${name}`)];
  return (
    existsSync(program) && libraries.some((folder) => existsSync(`${folder}/rsyslog/lmnsd_gtls.so`))
  );
}
