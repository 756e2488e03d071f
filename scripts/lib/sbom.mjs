import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { root } from './paths.mjs';

const command = ['sbom', '--sbom-format=cyclonedx', '--sbom-type=application'];

/**
 * The bill of materials of what production runs on, in CycloneDX. `npm sbom --omit=dev` would leave
 * out what development needs as well, so npm is shown a project that has no development.
 *
 * @param {import('./production-lock.mjs').Lock} lock
 * @returns {Promise<string>} JSON
 * @throws {Error} of npm
 */
export async function billOfMaterials(lock) {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-sbom-'));
  try {
    /** @type {{ name: string, devDependencies: unknown }} */
    const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
    // npm names the application after its folder.
    const project = join(folder, manifest.name);
    mkdirSync(project);
    writeFileSync(
      join(project, 'package.json'),
      JSON.stringify({ ...manifest, devDependencies: {} }),
    );
    writeFileSync(join(project, 'npm-shrinkwrap.json'), JSON.stringify(lock));
    const self = process.env['npm_execpath'];
    const [program, ...args] = self === undefined ? ['npm'] : [process.execPath, self];
    const { stdout } = await promisify(execFile)(
      program,
      [...args, ...command, '--package-lock-only'],
      { cwd: project, maxBuffer: 64 * 1024 * 1024 },
    );
    return stdout;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
