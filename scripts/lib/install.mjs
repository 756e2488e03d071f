import { join } from 'node:path';
import { changedAt, root } from './paths.mjs';
import { mustRun } from './run.mjs';

/**
 * Calls npm: the one that runs us where there is one, because `npm` need not be on the path
 * (and is a shell script on some systems).
 *
 * @param {readonly string[]} args
 * @returns {Promise<void>}
 */
export async function npm(args) {
  const self = process.env['npm_execpath'];
  const options = { cwd: root, toStderr: true };
  await (self
    ? mustRun(process.execPath, [self, ...args], options)
    : mustRun('npm', args, options));
}

/**
 * Installs what npm-shrinkwrap.json lists, unless that has happened. npm writes
 * `node_modules/.package-lock.json` last, so an interrupted installation counts as none.
 *
 * @returns {Promise<void>}
 */
export async function ensureInstalled() {
  const installed = changedAt(join(root, 'node_modules', '.package-lock.json'));
  if (installed >= changedAt(join(root, 'npm-shrinkwrap.json'))) return;
  process.stderr.write('Installing dependencies …\n');
  // The compiler is a development dependency: NODE_ENV=production must not leave it out.
  await npm(['ci', '--include=dev', '--no-audit', '--no-fund']);
}
