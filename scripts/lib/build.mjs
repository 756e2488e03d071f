import { chmodSync, existsSync, readdirSync, rmSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import { changedAt, root } from './paths.mjs';
import { mustRun } from './run.mjs';

const source = join(root, 'src');
const output = join(root, 'dist');
const buildInfo = join(output, '.tsbuildinfo');
const program = join(output, 'cli', 'main.js');
const settings = ['tsconfig.json', 'tsconfig.build.json', 'package-lock.json'];

/**
 * Compiles `src` to `dist`, unless nothing has changed since the last time.
 *
 * @returns {Promise<void>}
 * @throws {Error} when the sources do not compile
 */
export async function ensureBuilt() {
  const modules = filesBelow(source, '.ts').map((file) => file.replace(/\.ts$/, '.js'));
  // The compiler leaves the output of a removed source behind, and a test could import it.
  if (filesBelow(output, '.js').some((file) => !modules.includes(file))) {
    rmSync(output, { recursive: true });
  }
  if (isUpToDate(modules)) return;
  process.stderr.write('Building …\n');
  const startedAt = new Date();
  const compiler = join(root, 'node_modules', 'typescript', 'bin', 'tsc');
  await mustRun(process.execPath, [compiler, '-p', 'tsconfig.build.json'], {
    cwd: root,
    toStderr: true,
  });
  // npm marks the program as executable once, when it links it; a new file has lost that.
  if (existsSync(program)) chmodSync(program, 0o755);
  // The compiler leaves its notes alone when the new text compiles to what was there; and what
  // changes during the build is newer than it.
  utimesSync(buildInfo, startedAt, startedAt);
}

/** @param {readonly string[]} modules what the sources compile to, relative to `dist` */
function isUpToDate(modules) {
  const builtAt = changedAt(buildInfo);
  const inputs = [
    ...filesBelow(source, '.ts').map((file) => join(source, file)),
    ...settings.map((file) => join(root, file)),
  ];
  return (
    inputs.every((file) => changedAt(file) <= builtAt) &&
    modules.every((file) => existsSync(join(output, file)))
  );
}

/**
 * @param {string} folder
 * @param {string} ending
 * @returns {string[]} paths relative to `folder`
 */
function filesBelow(folder, ending) {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((file) =>
    file.endsWith(ending),
  );
}
