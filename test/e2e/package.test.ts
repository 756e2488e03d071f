import { execFile, execSync, spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { isForThisMachine, productionLock } from '../../scripts/lib/production-lock.mjs';
import { repositoryFile, repositoryPath } from '../support/container-files.js';
import { startHoldfast } from '../support/holdfast-server.js';
import { temporaryFolder } from '../support/temporary-folder.js';
import { XksClient } from '../support/xks-client.js';
import { decryptBody, encryptBody } from '../support/xks-requests.js';

const component = z.object({ purl: z.string(), version: z.string() });
const cycloneDx = z.object({
  bomFormat: z.literal('CycloneDX'),
  metadata: z.object({ component }),
  components: z.array(component.extend({ hashes: z.array(z.object({ alg: z.string() })) })),
});
const manifest = z.object({ version: z.string() });

/**
 * The tarball of `npm pack`, installed in an empty folder without scripts and without a registry.
 */
describe('the package', () => {
  let folder: string;
  let installed: string;

  beforeAll(async () => {
    folder = temporaryFolder(afterAll);
    const { stdout } = await npm('pack', repositoryPath('.'), '--pack-destination', folder);
    const home = join(folder, 'home');
    mkdirSync(home);
    await npm('install', '--offline', '--ignore-scripts', '--prefix', home, archive(stdout));
    installed = join(home, 'node_modules', 'holdfast');
  });

  const archive = (printed: string) => join(folder, printed.trim().split('\n').at(-1) ?? '');
  const read = (path: string) => readFileSync(join(installed, path), 'utf8');
  /** Path and version of everything that production runs on. */
  const tested = Object.entries(productionLock().packages).filter(([path]) => path !== '');

  it('installed → has the tested version of everything that it runs on', () => {
    const ours = tested.filter(([, locked]) => isForThisMachine(locked));
    const found = ours.map(([path]) => [
      path,
      manifest.parse(JSON.parse(read(join(path, 'package.json')))).version,
    ]);
    expect(found).toEqual(ours.map(([path, { version }]) => [path, version]));
  });

  it('its files → the program and its documents, with the list of what was tested', () => {
    expect(readdirSync(installed).sort()).toEqual(
      [
        ...['CHANGELOG.md', 'LICENSE', 'README.md', 'SECURITY.md', 'certs', 'config', 'dist'],
        ...['docs', 'examples', 'node_modules', 'npm-shrinkwrap.json', 'package.json'],
        'sbom.cdx.json',
      ].sort(),
    );
    expect(read('npm-shrinkwrap.json')).toBe(repositoryFile('npm-shrinkwrap.json'));
  });

  it('what was compiled on this machine → left out', () => {
    expect(readdirSync(join(installed, 'node_modules', 'pkcs11js'))).not.toContain('build');
  });

  it('its bill of materials → names what was tested, with hashes, and nothing else', () => {
    const { metadata, components } = cycloneDx.parse(JSON.parse(read('sbom.cdx.json')));
    const { version } = manifest.parse(JSON.parse(repositoryFile('package.json')));
    expect(metadata.component).toMatchObject({ purl: `pkg:npm/holdfast@${version}`, version });
    const named = tested.map(([path, { version }]) => {
      const name = path.replace(/^.*node_modules\//, '').replace('@', '%40');
      return `pkg:npm/${name}@${version}`;
    });
    expect(components.map(({ purl }) => purl).sort()).toEqual(named.sort());
    for (const { hashes } of components) expect(hashes).toMatchObject([{ alg: 'SHA-512' }]);
  });

  it('a PKCS#11 library wanted → tells how to compile pkcs11js, and that works', () => {
    const module = join(installed, 'dist', 'key-managers', 'pkcs11', 'child', 'cryptoki.js');
    const load = `import { Cryptoki } from ${JSON.stringify(module)}; Cryptoki.load('/none')`;
    const args = ['--input-type=module', '--eval', load];
    const advice = () => spawnSync(process.execPath, args, { encoding: 'utf8' }).stderr;
    const [, command] = /run: (npm run build --prefix \S+)/.exec(advice()) ?? [];
    expect(command).toBe(`npm run build --prefix ${join(installed, 'node_modules', 'pkcs11js')}`);
    execSync(command ?? '', { stdio: 'pipe' });
    expect(advice()).toContain('/none');
  });

  it('served → answers ping, encrypts and decrypts, and ends well', async () => {
    const stateDirectory = join(folder, 'state');
    mkdirSync(stateDirectory, { mode: 0o700 });
    const program = join(folder, 'home', 'node_modules', '.bin', 'holdfast');
    const server = await startHoldfast({ stateDirectory, args: [program, 'serve'] });
    const client = new XksClient(server);
    try {
      expect((await client.send('GET', '/ping', {}, Buffer.alloc(0))).status).toBe(200);
      const body = encryptBody();
      const sealed = await client.call('keys/quickstart-key/encrypt', body);
      const opened = await client.call(
        'keys/quickstart-key/decrypt',
        decryptBody(sealed.json ?? {}),
      );
      expect(opened.json).toEqual({ plaintext: body['plaintext'] });
    } finally {
      client.close();
      expect(await server.stop()).toBe(0);
    }
  });
});

function npm(...args: string[]): Promise<{ stdout: string }> {
  return promisify(execFile)('npm', args, { maxBuffer: 16 * 1024 * 1024 });
}
