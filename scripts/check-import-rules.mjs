// Holds the rules of .dependency-cruiser.cjs against sources that break every one of them: a
// rule that finds nothing there would find nothing in `src` either.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { root } from './lib/paths.mjs';
import rules from '../.dependency-cruiser.cjs';

const cruiser = join(root, 'node_modules', 'dependency-cruiser', 'bin', 'dependency-cruise.mjs');
const args = [cruiser, 'src', '--config', join(root, '.dependency-cruiser.cjs')];
const { stdout } = spawnSync(process.execPath, [...args, '--output-type', 'json'], {
  cwd: join(root, 'test', 'fixtures', 'import-rules'),
  encoding: 'utf8',
});
/** @type {import('dependency-cruiser').ICruiseResult} */
const result = JSON.parse(stdout);
const broken = new Set(result.summary.violations.map((violation) => violation.rule.name));
const blind = (rules.forbidden ?? []).flatMap(({ name }) =>
  name !== undefined && broken.has(name) ? [] : [name],
);
for (const name of blind) console.error(`The import rule ${name} misses its planted violation.`);
console.log(`${broken.size} import rules found their planted violations.`);
process.exitCode = blind.length === 0 ? 0 : 1;
