// Runs before `npm pack`: makes what goes into the package beside the sources. npm ignores the
// npm-shrinkwrap.json of a package that is installed from a file, and takes the newest versions, so
// dependencies are bundled. What is bundled must be what was tested: what npm-shrinkwrap.json
// lists.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ensureBuilt } from './lib/build.mjs';
import { ensureInstalled } from './lib/install.mjs';
import { root } from './lib/paths.mjs';
import { installedDifferently, productionLock } from './lib/production-lock.mjs';
import { billOfMaterials } from './lib/sbom.mjs';

await ensureInstalled();
const lock = productionLock();
const different = installedDifferently(lock);
if (different.length > 0) {
  const what = different.map((line) => `  ${line}`).join('\n');
  throw new Error(`node_modules is not what npm-shrinkwrap.json lists; run npm ci:\n${what}`);
}
await ensureBuilt();
// Compiled for this machine and this Node. npm asks a bundled package for no other list of files.
writeFileSync(join(root, 'node_modules', 'pkcs11js', '.npmignore'), '/build/\n');
writeFileSync(join(root, 'sbom.cdx.json'), await billOfMaterials(lock));
