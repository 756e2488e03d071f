import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { repositoryFile, repositoryPath } from '../../support/container-files.js';
import { diagnosed } from '../../support/diagnosed.js';
import { describeWithModule } from '../../support/pkcs11-suite.js';
import { softHsmModule } from '../../support/softhsm.js';
import { temporaryFolder } from '../../support/temporary-folder.js';

/**
 * What the containers of docker-compose.yml's profile do, with folders for volumes, as one user.
 */
describeWithModule('prepare and setup of a SoftHSM token', softHsmModule, () => {
  let folder: string;
  let configuration: string;

  beforeAll(() => {
    folder = temporaryFolder(afterAll);
    mkdirSync(join(folder, 'state'), { mode: 0o700 });
    const script = repositoryPath('scripts/compose/prepare.mjs');
    const env = { ...process.env, PREPARE_ROOT: folder };
    execFileSync(process.execPath, [script, 'softhsm'], { env });
    configuration = write('holdfast.yaml', 'config/compose-softhsm.yaml');
    write('softhsm2.conf', 'config/compose-softhsm2.conf');
  });

  /** A file of the repository, with the container's paths and ports made the test's. */
  function write(name: string, source: string): string {
    const path = join(folder, name);
    const text = repositoryFile(source)
      .replaceAll('/etc/holdfast/secrets', join(folder, 'holdfast'))
      .replaceAll('/etc/holdfast', folder)
      .replaceAll('/var/lib/holdfast', join(folder, 'state'))
      .replace('/usr/lib/softhsm/libsofthsm2.so', softHsmModule ?? '')
      .replaceAll('host: 0.0.0.0', 'host: 127.0.0.1');
    writeFileSync(path, text);
    return path;
  }

  const setup = () =>
    execFileSync('/bin/sh', [repositoryPath('scripts/compose/setup-softhsm.sh'), 'payroll'], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
      env: {
        PATH: process.env['PATH'],
        HOME: folder,
        STATE: join(folder, 'state'),
        SECRETS: join(folder, 'holdfast'),
        MODULE: softHsmModule,
        HOLDFAST_CONFIG: configuration,
        HOLDFAST_PORT: '0',
        HOLDFAST_OPERATIONS_PORT: '0',
        SOFTHSM2_CONF: join(folder, 'softhsm2.conf'),
      },
    });

  it('a new volume → a token that is well, with the key and a PIN that nobody was shown', async () => {
    const output = setup();
    const { code, details } = await diagnosed(configuration, 'softhsm');
    expect(code).toBe(0);
    expect(details[0]).toContain('1, all of them usable');
    expect(output).not.toContain(readFileSync(join(folder, 'holdfast', 'hsm-pin'), 'utf8'));
  });

  it('once more → nothing is done', () => {
    expect(setup()).toBe('first-start: done before\n');
  });
});
