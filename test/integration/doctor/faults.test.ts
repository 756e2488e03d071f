import { writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { HEALTH_TEST_KEY_ID } from '../../../src/key-managers/backend.js';
import { makeCertificateAuthority } from '../../support/certificates.js';
import { configurationWith, diagnosed } from '../../support/diagnosed.js';
import { OpenbaoServer } from '../../support/openbao.js';
import { makeAppRole } from '../../support/openbao-key-manager.js';
import { describeWithOpenbao } from '../../support/openbao-program.js';

/** The least that a deployment needs: no list, no making of keys. */
const LEAST_POLICY = `
path "transit/encrypt/+" { capabilities = ["update"] }
path "transit/decrypt/+" { capabilities = ["update"] }
path "transit/keys/+" { capabilities = ["read"] }
`;

describeWithOpenbao('what holdfast doctor backend advises, by fault of OpenBao', (program) => {
  let server: OpenbaoServer;
  let login: object;

  beforeAll(async () => {
    server = await OpenbaoServer.startReady(program);
    login = await makeAppRole(server, 'least', { policy: LEAST_POLICY });
    await server.must('POST', `transit/keys/${HEALTH_TEST_KEY_ID}`, { type: 'aes256-gcm96' });
  });

  afterAll(async () => {
    await server.dispose();
  });

  function configurationOf(fields: object = {}, address = server.address): string {
    return configurationWith({
      name: 'bao',
      type: 'vault',
      nodes: [{ name: 'bao-1', address }],
      tls: { roots: [server.caPath] },
      login,
      ...fields,
    });
  }

  it('the least policy → sound, and no warning', async () => {
    const { code, wrong, statuses } = await diagnosed(configurationOf(), 'bao');
    expect({ code, wrong, statuses }).toEqual({ code: 0, wrong: [[]], statuses: ['ACTIVE'] });
  });

  it('a policy that grants no encryption → the policy', async () => {
    const policy = LEAST_POLICY.replace('path "transit/encrypt/+"', 'path "transit/other/+"');
    const poor = await makeAppRole(server, 'poor', { policy });
    const { code, advice } = await diagnosed(configurationOf({ login: poor }), 'bao');
    expect(code).toBe(1);
    expect(advice).toContain('bao token capabilities');
  });

  it('a token that is wrong → the token', async () => {
    const file = configurationOf({ login: { method: 'token', tokenFile: 'token' } });
    writeFileSync(join(dirname(file), 'token'), 'hvs.wrong\n', { mode: 0o600 });
    expect((await diagnosed(file, 'bao')).advice).toContain('bao token lookup');
  });

  it('a secret id that is wrong → a new secret id', async () => {
    const wrong = { ...login, secretId: 'canary-of-a-wrong-secret-id' };
    const { advice, output } = await diagnosed(configurationOf({ login: wrong }), 'bao');
    expect(advice).toContain('secret-id');
    expect(output).not.toContain('canary-of-a-wrong-secret-id');
  });

  it('a wrong mount path → mount path and namespace', async () => {
    const root = { method: 'token', tokenFile: 'token' };
    const file = configurationOf({ mountPath: 'elsewhere', login: root });
    writeFileSync(join(dirname(file), 'token'), `${server.rootToken}\n`, { mode: 0o600 });
    expect((await diagnosed(file, 'bao')).advice).toContain('bao secrets list');
  });

  it('another certificate authority → tls.roots', async () => {
    const { certificate } = await makeCertificateAuthority('Another root');
    const file = configurationOf({ tls: { roots: ['other.pem'] } });
    writeFileSync(join(dirname(file), 'other.pem'), certificate);
    expect((await diagnosed(file, 'bao')).advice).toContain('tls.roots');
  });

  it('a port where nothing listens → the address, and no word of firewalls', async () => {
    const { advice } = await diagnosed(configurationOf({}, 'https://127.0.0.1:1'), 'bao');
    expect(advice).toContain('Nothing listens');
    expect(advice).not.toContain('firewall');
  });

  it('a name that does not resolve → the name', async () => {
    const { advice } = await diagnosed(configurationOf({}, 'https://no-such.invalid'), 'bao');
    expect(advice).toContain('does not resolve');
  });

  it('sealed → unseal it, and no word of firewalls', async () => {
    await server.seal();
    try {
      const { code, advice } = await diagnosed(configurationOf(), 'bao');
      expect(code).toBe(1);
      expect(advice).toContain('bao operator unseal');
      expect(advice).not.toContain('firewall');
    } finally {
      await server.unseal();
    }
  });
});
