import { copyFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { installHaproxy } from '../../scripts/lib/install-haproxy.mjs';
import { runAsReader, shellCommands } from '../support/documented-commands.js';
import { describeWithOpenbao } from '../support/openbao-program.js';
import { nssModule } from '../support/nss.js';
import { describeWithModule } from '../support/pkcs11-suite.js';
import { PostgresServer } from '../support/postgres.js';
import { SUPERUSER_PASSWORD } from '../support/postgres-files.js';
import { describeWithReplicas } from '../support/replicas-suite.js';
import { softHsmModule } from '../support/softhsm.js';
import { temporaryFolder } from '../support/temporary-folder.js';

describe('docs/private-certificates.md', () => {
  it('its commands in an empty folder → mutual TLS, and a call with it', async () => {
    const commands = shellCommands('docs/private-certificates.md');
    const { code, output } = await runAsReader(commands, {
      folder: temporaryFolder(),
      ports: [8443, 9464],
    });
    expect(code, output).toBe(0);
    expect(output).toContain('refused without a certificate');
    expect(output).toContain('"ciphertext"');
    expect(output).toMatch(/cks\.kms\.eu-west-1\.amazonaws\.com\n$/);
  });
});

describeWithModule('docs/softhsm-and-nss.md', softHsmModule && nssModule, () => {
  it('its commands in an empty folder → a key in each token, and a call', async () => {
    const { code, output } = await runAsReader(shellCommands('docs/softhsm-and-nss.md'), {
      folder: temporaryFolder(),
      ports: [8443, 9464],
      replaced: {
        '/usr/lib/softhsm/libsofthsm2.so': softHsmModule ?? '',
        '/usr/lib/x86_64-linux-gnu/libsoftokn3.so': nssModule ?? '',
      },
    });
    expect(code, output).toBe(0);
    expect(output).toContain('"ciphertext"');
  });
});

describeWithOpenbao('docs/openbao-approle.md', (program) => {
  it('its commands in an empty folder → a login that is replaced, and a call', async () => {
    const { code, output } = await runAsReader(shellCommands('docs/openbao-approle.md'), {
      folder: temporaryFolder(),
      ports: [8443, 9464, 8200],
      path: [dirname(program)],
    });
    expect(code, output).toBe(0);
    expect(output).toContain('"ciphertext"');
  });
});

describeWithOpenbao('docs/three-replicas.md', (program) => {
  it('its commands in an empty folder → what one encrypts the others decrypt', async () => {
    const { code, output } = await runAsReader(shellCommands('docs/three-replicas.md'), {
      folder: temporaryFolder(),
      ports: [8443, 8444, 8445, 9464, 9465, 9466, 8200],
      path: [dirname(program)],
    });
    expect(code, output).toBe(0);
    expect(output.match(/"plaintext":"SGVsbG8gV29ybGQh"/g)).toHaveLength(5);
    for (const replica of ['xks-1', 'xks-2', 'xks-3']) {
      expect(output).toMatch(new RegExp(`^${replica}\tDecrypt\tbao-1\t[12]$`, 'm'));
    }
  });
});

describeWithReplicas('docs/replicas.md', ({ postgres }) => {
  it('its commands where the database is set up → a key that one has made is used at both', async () => {
    const server = await PostgresServer.launch(postgres);
    onTestFinished(() => server.dispose());
    const folder = temporaryFolder();
    const login = join(folder, 'pgpass');
    copyFileSync(server.caPath, join(folder, 'postgres-ca.pem'));
    writeFileSync(login, `*:*:*:postgres:${SUPERUSER_PASSWORD}\n`, { mode: 0o600 });
    const database = shellCommands('docs/state-postgresql.md', ['Two roles and a schema']);
    const page = shellCommands('docs/replicas.md');
    const { code, output } = await runAsReader(`export PGPASSFILE=${login}\n${database}\n${page}`, {
      folder,
      ports: [8443, 8444, 9464, 9465, 9443],
      path: [postgres, dirname(await installHaproxy())],
      replaced: { 'db1.example': '127.0.0.1', '5432': String(server.port) },
    });
    expect(code, output).toBe(0);
    expect(output.match(/"plaintext":"SGVsbG8gV29ybGQh"/g)).toHaveLength(3);
    expect(output).toMatch(/^xks-1 .*\nxks-2 /m);
  });
});
