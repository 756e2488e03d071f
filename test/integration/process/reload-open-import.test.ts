import { randomBytes } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { keyStore } from '../../support/launch-reloaded.js';
import { makeNssToken, type NssToken, nssModule } from '../../support/nss.js';
import { testPin } from '../../support/pkcs11.js';
import { describeWithModule } from '../../support/pkcs11-suite.js';
import { startReloaded } from '../../support/reloaded-server.js';
import { wrappedByOaep } from '../../support/wrapped-material.js';
import { decryptBody, encryptBody } from '../../support/xks-requests.js';

const KEY = 'payroll';

describeWithModule(
  'an import that is open while a reload replaces the key manager',
  nssModule,
  () => {
    let token: NssToken;

    beforeAll(async () => {
      token = await makeNssToken();
    });

    afterAll(() => {
      token.remove();
    });

    it('parameters of before, material afterwards → imported, and the key is used', async () => {
      mkdirSync(join(token.folder, 'counters'), { mode: 0o700 });
      const reloaded = await startReloaded((configuration, _authority, folder) => {
        writeFileSync(join(folder, 'quickstart', 'pin'), testPin.reveal(), { mode: 0o600 });
        const node = { name: 'nss', token: token.token, pin: '${file:quickstart/pin}' };
        configuration.keyManagers.splice(0, 1, {
          ...{ ...token.config, name: 'hsm', type: 'pkcs11', children: 1, nodes: [node] },
          ...{
            keyId: '{externalKeyId}:{version}',
            countersDirectory: join(token.folder, 'counters'),
          },
        });
        configuration.keyStores.splice(0, 1, keyStore('quickstart', 'hsm'));
      });
      const { admin, configuration, write, server } = reloaded;
      const pathParameters = { externalKeyId: KEY };
      await admin.call('createKey', {
        body: {
          ...{ externalKeyId: KEY, keyStore: 'quickstart', origin: 'external' },
          usage: ['ENCRYPT', 'DECRYPT'],
        },
      });
      const { publicKey, importToken } = await admin.call('getImportParameters', {
        ...{ pathParameters, query: {} },
        body: { wrappingAlgorithm: 'RSAES_OAEP_SHA_256', wrappingKeySpec: 'RSA_2048' },
      });

      write({ ...configuration, keyManagers: [{ ...configuration.keyManagers[0], children: 2 }] });
      expect(await admin.call('reload', { body: {} })).toMatchObject({ generation: 2 });
      await expect.poll(() => server.log()).toContain('the key manager is closed');

      const wrapped = wrappedByOaep(randomBytes(32), Buffer.from(publicKey, 'base64'));
      const encryptedKeyMaterial = wrapped.toString('base64');
      await admin.call('importKeyMaterial', {
        ...{ pathParameters, query: {}, body: { encryptedKeyMaterial, importToken } },
      });
      const client = reloaded.client();
      const sealed = await client.call(`keys/${KEY}/encrypt`, encryptBody());
      expect(sealed.status, sealed.body).toBe(200);
      const opened = await client.call(`keys/${KEY}/decrypt`, decryptBody(sealed.json ?? {}));
      expect(opened.status, opened.body).toBe(200);
    });
  },
);
