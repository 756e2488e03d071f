import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { z } from 'zod';
import { HEALTH_TEST_KEY_ID } from '../../../src/key-managers/backend.js';
import { pkcs11Backend } from '../../../src/key-managers/pkcs11/index.js';
import {
  keyStore,
  type ReloadedConfiguration,
  type ReloadedServer,
} from '../../support/launch-reloaded.js';
import { makeAppRole } from '../../support/openbao-key-manager.js';
import { OpenbaoServer } from '../../support/openbao.js';
import { describeWithOpenbao } from '../../support/openbao-program.js';
import { testPin } from '../../support/pkcs11.js';
import { describeWithModule } from '../../support/pkcs11-suite.js';
import { startReloaded } from '../../support/reloaded-server.js';
import { makeSoftHsmToken, type SoftHsmToken, softHsmModule } from '../../support/softhsm.js';
import { decryptBody, encryptBody } from '../../support/xks-requests.js';

const KEY = 'payroll';

/** The one key manager of a configuration, changed. */
function changed({ configuration }: ReloadedServer, fields: object): ReloadedConfiguration {
  return { ...configuration, keyManagers: [{ ...configuration.keyManagers[0], ...fields }] };
}

function writeSecret(folder: string, name: string, text: string): void {
  writeFileSync(join(folder, 'quickstart', name), text, { mode: 0o600 });
}

/** A client that opens at the end what it has sealed at the beginning. */
async function sealing(reloaded: ReloadedServer) {
  const client = reloaded.client();
  const seal = async () => {
    const reply = await client.call(`keys/${KEY}/encrypt`, encryptBody());
    expect(reply.status, reply.body).toBe(200);
    return reply.json ?? {};
  };
  const sealed = await seal();
  return async () => {
    await seal();
    const reply = await client.call(`keys/${KEY}/decrypt`, decryptBody(sealed));
    expect(reply.status, reply.body).toBe(200);
  };
}

async function refusals({ admin, write }: ReloadedServer, configuration: ReloadedConfiguration) {
  write(configuration);
  return (await admin.call('previewReload', {})).refusals;
}

describeWithModule('a reload of a pkcs11 key manager', softHsmModule, () => {
  let token: SoftHsmToken;

  beforeAll(async () => {
    token = await makeSoftHsmToken();
    await token.initialise('second');
    await token.initialise('foreign');
    for (const label of ['holdfast', 'second', 'foreign']) {
      await token.importKey(KEY, '1', Buffer.from('0123456789abcdef0123456789abcdef'), label);
      const test = label === 'foreign' ? 'fedcba9876543210' : '0123456789abcdef';
      const material = Buffer.from(test + 'fedcba9876543210');
      await token.importKey(HEALTH_TEST_KEY_ID, '1', material, label);
    }
  });

  afterAll(() => {
    token.remove();
  });

  const node = (label: string, name = label) => ({
    name,
    token: { label },
    pin: '${file:quickstart/pin}',
  });

  async function start() {
    const reloaded = await startReloaded((configuration, _authority, folder) => {
      const counters = { countersDirectory: join(token.folder, 'counters') };
      const own = { name: 'hsm', type: 'pkcs11', children: 1, nodes: [node('holdfast')] };
      configuration.keyManagers.splice(0, 1, { ...token.config, ...counters, ...own });
      configuration.keyStores.splice(0, 1, keyStore('quickstart', 'hsm'));
      writeSecret(folder, 'pin', testPin.reveal());
    });
    const pin = (text: string) => {
      writeSecret(reloaded.folder, 'pin', text);
    };
    return { reloaded, pin };
  }

  const counters = () => {
    const folder = join(token.folder, 'counters');
    const files = readdirSync(folder).filter((name) => name.endsWith('.json'));
    return files.map((name) => readFileSync(join(folder, name), 'utf8'));
  };

  it('nodes, locations, limits and processes change → in place, with the counts that were begun', async () => {
    const { reloaded } = await start();
    const { server, write, admin } = reloaded;
    const serves = await sealing(reloaded);
    const counted = counters();
    write(changed(reloaded, { children: 2, nodes: [node('holdfast'), node('second')] }));
    expect((await admin.call('previewReload', {})).refusals).toEqual([]);
    await admin.call('reload', { body: {} });
    await serves();
    // Another count would have reserved encryptions of its own.
    expect(counters()).toEqual(counted);
    await expect.poll(() => server.log()).toContain('the key manager is closed');

    write(changed(reloaded, { hangTimeoutMs: 900, nodes: [node('second')] }));
    await admin.call('reload', { body: {} });
    await serves();
    expect(counters()).toEqual(counted);
    expect(await reloaded.status()).toMatchObject({
      generation: { number: 3 },
      keyManagers: [{ nodes: [{ name: 'second', status: 'ACTIVE' }] }],
    });
  });

  it('what cannot be → refused beforehand or when it is tried, and the one before serves', async () => {
    const { reloaded, pin } = await start();
    const { admin, write, configuration } = reloaded;
    const serves = await sealing(reloaded);
    const others = { replicas: 2, priorEncryptions: 7, countersDirectory: 'x' };
    expect(Object.keys(others).toSorted()).toEqual(pkcs11Backend.keptWhileRunning.toSorted());
    for (const [name, value] of Object.entries(others)) {
      const field = { [name]: value };
      const [reason, ...more] = await refusals(reloaded, changed(reloaded, field));
      expect(reason).toMatch(`keyManagers[hsm].${name} cannot be changed while it runs`);
      expect(more).toEqual([]);
    }
    const tried: readonly (readonly [object, RegExp])[] = [
      [{ nodes: [node('foreign')] }, /\[hsm\] would have other keys: foreign/],
      [{ nodes: [node('holdfast'), node('foreign')] }, /foreign/],
      [{ nodes: [node('nowhere', 'holdfast')] }, /nowhere/],
      [{ module: '/nonexistent.so' }, /nonexistent/],
    ];
    for (const [fields, reason] of tried) {
      write(changed(reloaded, fields));
      await expect(admin.call('reload', { body: {} })).rejects.toThrow(reason);
      await serves();
    }
    write(configuration);
    pin('wrong');
    await expect(admin.call('reload', { body: {} })).rejects.toThrow(/refuses the PIN/);
    await serves();
    expect((await reloaded.status()).generation.number).toBe(1);
  });
});

describeWithOpenbao('a reload of a vault key manager', (program) => {
  let bao: OpenbaoServer;

  beforeAll(async () => {
    bao = await OpenbaoServer.startReady(program);
    for (const key of [KEY, HEALTH_TEST_KEY_ID])
      await bao.must('POST', `transit/keys/${key}`, { type: 'aes256-gcm96' });
  });

  afterAll(() => bao.dispose());

  it('servers and logins change → in place; a login that is refused → the one before serves', async () => {
    const login = z.looseObject({ secretId: z.string() }).parse(await makeAppRole(bao));
    const node = (name: string) => ({ name, address: bao.address });
    const reloaded = await startReloaded((configuration, _authority, folder) => {
      const own = { nodes: [node('a')], tls: { roots: [bao.caPath] } };
      const secretId = '${file:quickstart/secret-id}';
      configuration.keyManagers.splice(0, 1, {
        ...{ name: 'bao', type: 'vault', ...own, login: { ...login, secretId } },
      });
      configuration.keyStores.splice(0, 1, keyStore('quickstart', 'bao'));
      writeSecret(folder, 'secret-id', login.secretId);
    });
    const { admin, write, folder } = reloaded;
    const serves = await sealing(reloaded);
    for (const nodes of [[node('a'), node('b')], [node('b')]]) {
      write(changed(reloaded, { nodes }));
      await admin.call('reload', { body: {} });
      await serves();
    }
    const secret = (text: string) => {
      writeSecret(folder, 'secret-id', text);
    };
    secret('00000000-0000-0000-0000-000000000000');
    await expect(admin.call('reload', { body: {} })).rejects.toThrow(/no healthy node/);
    await serves();
    const renewed = z.looseObject({ secretId: z.string() }).parse(await makeAppRole(bao));
    secret(renewed.secretId);
    await admin.call('reload', { body: {} });
    await serves();
    expect(await reloaded.status()).toMatchObject({
      generation: { number: 4 },
      failedReloads: [],
      keyManagers: [{ nodes: [{ name: 'b', status: 'ACTIVE' }] }],
    });
  });
});
