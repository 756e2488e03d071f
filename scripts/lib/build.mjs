import { chmodSync, existsSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './paths.mjs';
import { mustRun } from './run.mjs';

const output = join(root, 'dist');

/**
 * Compiles `src` to `dist`, unless nothing has changed since the last time, which is the
 * compiler's to find out.
 *
 * @returns {Promise<void>}
 * @throws {Error} when the sources do not compile
 */
export async function ensureBuilt() {
  // The compiler leaves the output of a removed source behind, and a test could import it.
  if (outputs().some(isOrphan)) rmSync(output, { recursive: true });
  if (!existsSync(output)) process.stderr.write('Building …\n');
  const compiler = join(root, 'node_modules', 'typescript', 'bin', 'tsc');
  await mustRun(process.execPath, [compiler, '--build', 'tsconfig.build.json'], {
    cwd: root,
    toStderr: true,
  });
  // npm marks the program as executable once, when it links it; a new file has lost that.
  chmodSync(join(output, 'cli', 'main.js'), 0o755);
}

function outputs() {
  return existsSync(output) ? readdirSync(output, { recursive: true, encoding: 'utf8' }) : [];
}

/** @param {string} file below `dist` */
function isOrphan(file) {
  return file.endsWith('.js') && !existsSync(join(root, 'src', file.replace(/js$/, 'ts')));
}
