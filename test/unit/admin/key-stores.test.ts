import { describe, expect, it } from 'vitest';
import { createAdminOperations } from '../../../src/admin/operations/index.js';
import { ACCESS_KEY_ID, inForce } from '../../support/admin-fixture.js';
import { canaries } from '../../support/canaries.js';

const { listKeyStores, exportKeyStore } = createAdminOperations(() => inForce());

describe('listKeyStores', () => {
  it('key stores in force → all of them, in configured order, without a secret', async () => {
    const answer = await listKeyStores({}, 'ann');
    expect(answer.keyStores.map(({ name }) => name)).toEqual([
      'production',
      'payroll',
      'elsewhere',
    ]);
    expect(answer.keyStores[0]).toEqual({
      name: 'production',
      uriPath: '/production/kms/xks/v1',
      keyManager: 'files',
      region: undefined,
      accessKeyIds: [ACCESS_KEY_ID, 'B'.repeat(20)],
    });
    expect(JSON.stringify(answer)).not.toContain(canaries.secretAccessKey);
  });
});

describe('exportKeyStore', () => {
  it.each([
    ['no access key id', {}, ACCESS_KEY_ID],
    ['an access key id', { accessKeyId: 'B'.repeat(20) }, 'B'.repeat(20)],
  ])('%s → the file of the KMS console for that credential', async (_, query, AccessKeyId) => {
    const file = await exportKeyStore({ pathParameters: { keyStore: 'payroll' }, query }, 'ann');
    expect(file).toEqual({
      XksProxyUriPath: '/payroll/kms/xks/v1',
      XksProxyAuthenticationCredential: {
        AccessKeyId,
        RawSecretAccessKey: canaries.secretAccessKey,
      },
    });
  });

  it.each([
    ['an unknown key store', 'nowhere', {}],
    ['an unknown credential', 'payroll', { accessKeyId: 'C'.repeat(20) }],
  ])('%s → not-found', async (_, keyStore, query) => {
    await expect(async () =>
      exportKeyStore({ pathParameters: { keyStore }, query }, 'ann'),
    ).rejects.toMatchObject({ code: 'not-found' });
  });
});
