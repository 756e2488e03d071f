// `npm run check`: everything that can be said about the code without running it. All checks run,
// so that one failure does not hide another; two at a time, because each has use for one core.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { ensureInstalled } from './lib/install.mjs';
import { root } from './lib/paths.mjs';

const tool = (/** @type {string[]} */ ...path) => join(root, 'node_modules', ...path);
const cruiser = tool('dependency-cruiser', 'bin', 'dependency-cruise.mjs');

/** @type {[title: string, args: string[]][]} The longest first: the others run beside it. */
const checks = [
  ['Lint', [tool('eslint', 'bin', 'eslint.js'), '.']],
  ['Format', [tool('@biomejs', 'biome', 'bin', 'biome'), 'format', '--reporter=summary']],
  ['Types', [tool('typescript', 'bin', 'tsc'), '-p', 'tsconfig.json']],
  ['Import rules', [cruiser, 'src', '--config', '.dependency-cruiser.mjs']],
  ['Import rules, planted violations', [join(root, 'scripts', 'check-import-rules.mjs')]],
  ['Dead code', [tool('knip', 'bin', 'knip.js')]],
];

await ensureInstalled();
const left = [...checks];
/** @type {string[]} */
const failed = [];
await Promise.all([runChecks(), runChecks()]);
console.log(failed.length === 0 ? '\nAll checks passed.' : `\nFailed: ${failed.join('; ')}.`);
process.exitCode = failed.length === 0 ? 0 : 1;

/** Runs what is left, one after the other. */
async function runChecks() {
  for (let check = left.shift(); check !== undefined; check = left.shift()) {
    const [title, args] = check;
    const { output, code } = await outputOf(args);
    console.log(`\n${title}`);
    process.stdout.write(output);
    if (code !== 0) failed.push(title);
  }
}

/**
 * Runs a program of Node to its end.
 *
 * @param {readonly string[]} args
 * @returns {Promise<{ output: Buffer, code: number }>} all that it printed, and its exit code; 1
 *   when a signal ended it
 */
async function outputOf(args) {
  const colours = process.stdout.isTTY ? { FORCE_COLOR: '1' } : {};
  const child = spawn(process.execPath, args, {
    cwd: root,
    env: { ...process.env, ...colours },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  /** @type {Buffer[]} */
  const printed = [];
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (/** @type {Buffer} */ chunk) => printed.push(chunk));
  }
  const [code] = await once(child, 'close');
  return { output: Buffer.concat(printed), code: typeof code === 'number' ? code : 1 };
}
