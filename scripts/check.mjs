// `npm run check`: everything that can be said about the code without running it. All checks run,
// so that one failure does not hide another.
import { join } from 'node:path';
import { ensureInstalled } from './lib/install.mjs';
import { root } from './lib/paths.mjs';
import { run } from './lib/run.mjs';

const tool = (/** @type {string[]} */ ...path) => join(root, 'node_modules', ...path);
const cruiser = tool('dependency-cruiser', 'bin', 'dependency-cruise.mjs');

/** @type {[title: string, args: string[]][]} */
const checks = [
  ['Format', [tool('@biomejs', 'biome', 'bin', 'biome'), 'format', '--reporter=summary']],
  ['Types', [tool('typescript', 'bin', 'tsc'), '-p', 'tsconfig.json']],
  ['Lint', [tool('eslint', 'bin', 'eslint.js'), '.']],
  ['Import rules', [cruiser, 'src', '--config', '.dependency-cruiser.mjs']],
  ['Import rules, planted violations', [join(root, 'scripts', 'check-import-rules.mjs')]],
  ['Dead code', [tool('knip', 'bin', 'knip.js')]],
];

await ensureInstalled();
const failed = [];
for (const [title, args] of checks) {
  console.log(`\n${title}`);
  if ((await run(process.execPath, args, { cwd: root })) !== 0) failed.push(title);
}
console.log(failed.length === 0 ? '\nAll checks passed.' : `\nFailed: ${failed.join('; ')}.`);
process.exitCode = failed.length === 0 ? 0 : 1;
