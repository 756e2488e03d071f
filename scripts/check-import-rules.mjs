// Holds the rules of .dependency-cruiser.mjs against sources that break every one of them: a
// rule that finds nothing there would find nothing in `src` either. And each of those sources that
// imports anything breaks a rule, so that no folder is left out of one that is for many.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { root } from './lib/paths.mjs';
import rules from '../.dependency-cruiser.mjs';

const cruiser = join(root, 'node_modules', 'dependency-cruiser', 'bin', 'dependency-cruise.mjs');
const args = [cruiser, 'src', '--config', join(root, '.dependency-cruiser.mjs')];
const { stdout } = spawnSync(process.execPath, [...args, '--output-type', 'json'], {
  cwd: join(root, 'test', 'fixtures', 'import-rules'),
  encoding: 'utf8',
});
/** @type {import('dependency-cruiser').ICruiseResult} */
const { summary, modules } = JSON.parse(stdout);
const broken = new Set(summary.violations.map((violation) => violation.rule.name));
const caught = new Set(summary.violations.map((violation) => violation.from));
const blind = (rules.forbidden ?? []).flatMap(({ name }) =>
  name !== undefined && broken.has(name) ? [] : [name],
);
const missed = modules
  .filter(({ source, dependencies }) => dependencies.length > 0 && !caught.has(source))
  .map(({ source }) => source);
for (const name of blind) console.error(`The import rule ${name} misses its planted violation.`);
for (const source of missed) console.error(`No import rule finds what ${source} imports.`);
console.log(`${broken.size} import rules found their planted violations.`);
process.exitCode = blind.length + missed.length === 0 ? 0 : 1;
