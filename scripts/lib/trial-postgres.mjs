import { execFile } from 'node:child_process';
import {
  chownSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  realpathSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { installPostgresql } from './install-postgresql.mjs';
import { postgresUser } from './postgres-user.mjs';

/**
 * @typedef {object} TrialPostgres
 * @property {string} folder everything of it
 * @property {string[]} command starts the server
 */

/**
 * Makes a cluster of PostgreSQL for a trial, or keeps the one that is there. Where this process is
 * root the server is another user, whom a trial's folder is closed to: then it lies in the home of
 * that user, and the trial's folder has a link to it.
 *
 * @param {object} trial
 * @param {string} trial.folder the trial's own
 * @param {string} trial.tls a folder with `server.pem` and `server.key`
 * @param {number} trial.port
 * @param {string} trial.password of the superuser `postgres`
 * @returns {Promise<TrialPostgres>}
 */
export async function prepareTrialPostgres({ folder: trial, tls, port, password }) {
  const programs = await installPostgresql();
  const folder = placeOf(join(trial, 'postgresql'));
  const data = join(folder, 'data');
  if (!existsSync(data)) await makeCluster(programs, folder, password);
  for (const name of ['server.pem', 'server.key']) {
    const file = join(folder, name);
    copyFileSync(join(tls, name), file);
    give(file);
  }
  const settings = {
    port: String(port),
    listen_addresses: '127.0.0.1',
    unix_socket_directories: '',
    ssl: 'on',
    ssl_cert_file: join(folder, 'server.pem'),
    ssl_key_file: join(folder, 'server.key'),
    shared_buffers: '32MB',
  };
  const options = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  return { folder, command: asServer([join(programs, 'postgres'), '-D', data, ...options]) };
}

/**
 * @param {string} link in the trial's folder
 * @returns {string} the folder that the server may use
 */
function placeOf(link) {
  if (existsSync(link)) return realpathSync(link);
  rmSync(link, { force: true }); // A link to what is gone.
  const user = postgresUser();
  if (user === undefined) {
    mkdirSync(link, { mode: 0o700 });
    return link;
  }
  const folder = mkdtempSync(join(user.home, 'holdfast-try-'));
  give(folder);
  symlinkSync(folder, link);
  return folder;
}

/**
 * @param {string} programs the folder of PostgreSQL's programs
 * @param {string} folder
 * @param {string} password
 */
async function makeCluster(programs, folder, password) {
  const unfinished = join(folder, 'data.new');
  const passwordFile = join(folder, 'password');
  rmSync(unfinished, { recursive: true, force: true });
  writeFileSync(passwordFile, password, { mode: 0o600 });
  give(passwordFile);
  const [program = '', ...args] = asServer([
    join(programs, 'initdb'),
    ...['-D', unfinished, '-U', 'postgres', '-A', 'scram-sha-256', '--pwfile', passwordFile],
    ...['-E', 'UTF8', '--locale=C'],
  ]);
  try {
    await promisify(execFile)(program, args, { cwd: '/' });
  } finally {
    rmSync(passwordFile);
  }
  renameSync(unfinished, join(folder, 'data'));
}

/**
 * @param {string[]} command
 * @returns {string[]} the same, run by the server's user
 */
function asServer(command) {
  const user = postgresUser();
  if (user === undefined) return command;
  return ['setpriv', `--reuid=${user.uid}`, `--regid=${user.gid}`, '--clear-groups', ...command];
}

/** @param {string} path */
function give(path) {
  const user = postgresUser();
  if (user !== undefined) chownSync(path, user.uid, user.gid);
}
