import { existsSync, readdirSync } from 'node:fs';
import { aptInstall } from './apt.mjs';

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
  await aptInstall(packages);
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
