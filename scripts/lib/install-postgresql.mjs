import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { aptInstall } from './apt.mjs';

/** Where Debian has a folder for each version. */
const debian = '/usr/lib/postgresql';
/** Where Fedora and Homebrew put the programs. */
const others = ['/usr/bin', '/opt/homebrew/opt/postgresql@17/bin', '/usr/local/bin'];
/** The programs that tests and trials start. */
const programs = ['initdb', 'postgres', 'pg_basebackup'];

/**
 * Installs the PostgreSQL server that tests and trials run, where that is ours to do: as root on a
 * system with apt. No cluster is made and nothing is started: each test starts a server of its own.
 *
 * @returns {Promise<string>} the folder of its programs
 * @throws {Error} where it is missing and has to be installed by hand
 */
export async function installPostgresql() {
  if (findPostgresql() === undefined) await aptInstall(['postgresql', 'postgresql-client']);
  const folder = findPostgresql();
  if (folder !== undefined) return folder;
  throw new Error(
    'PostgreSQL 15 or later is missing. Install its server (apt-get install postgresql, ' +
      `brew install postgresql@17), and run this again. It was looked for below ${debian}, and ` +
      `in ${others.join(', ')}.`,
  );
}

/** @returns {string | undefined} the newest version's folder */
function findPostgresql() {
  const versions = existsSync(debian) ? readdirSync(debian).map(Number) : [];
  const newestFirst = versions.filter((version) => version >= 15).sort((a, b) => b - a);
  const folders = [...newestFirst.map((version) => join(debian, `${version}`, 'bin')), ...others];
  return folders.find((folder) => programs.every((name) => existsSync(join(folder, name))));
}
