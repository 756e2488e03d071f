import { describe, expect, it } from 'vitest';
import { createAdminOperations } from '../../../src/admin/operations/index.js';
import {
  HEALTH_TEST_KEY_ID,
  KeyManagerError,
  type KeyManagerErrorCode,
} from '../../../src/key-managers/backend.js';
import { AdministrationInMemory, inForce } from '../../support/admin-fixture.js';

const key = { externalKeyId: 'payroll-1', keyStore: 'production', usage: ['ENCRYPT' as const] };

describe('createKey', () => {
  it('a free id that the key store exposes → the key, with every key store that exposes it', async () => {
    const { createKey, showKey } = createAdminOperations(() => parts);
    const parts = inForce();
    const created = await createKey({ body: key }, 'ann');
    expect(created).toMatchObject({
      externalKeyId: 'payroll-1',
      keyManager: 'files',
      keyStores: ['production', 'payroll'],
      usage: ['ENCRYPT'],
      enabled: true,
      currentVersion: 1,
      state: 'Enabled',
      origin: 'generated',
      createdBy: 'ann',
    });
    expect(created.versions).toEqual([
      {
        version: 1,
        materialName: expect.stringMatching(/^[0-9a-f]{16}$/) as string,
        material: 'present',
      },
    ]);
    expect(
      await showKey({ pathParameters: { externalKeyId: 'payroll-1' }, query: {} }, 'ann'),
    ).toEqual({ ...created, encryptionsLeft: 2_147_483_648, gaps: [] });
  });

  it('no usage at all → a key without usage', async () => {
    const { createKey } = createAdminOperations(() => inForce());
    expect(await createKey({ body: { ...key, usage: [] } }, 'ann')).toMatchObject({ usage: [] });
  });

  it.each([
    ['an unknown key store', { keyStore: 'nowhere' }, 'not-found'],
    [
      'an id that the key store does not expose',
      { keyStore: 'payroll', externalKeyId: 'hr' },
      'not-exposed',
    ],
    ['the health-test key', { externalKeyId: HEALTH_TEST_KEY_ID }, 'invalid-request'],
  ])('%s → $2', async (_, fields, code) => {
    const { createKey } = createAdminOperations(() => inForce());
    await expect(async () =>
      createKey({ body: { ...key, ...fields } }, 'ann'),
    ).rejects.toMatchObject({
      name: 'AdminError',
      code,
    });
  });

  it('an id that is taken → conflict', async () => {
    const parts = inForce();
    const { createKey } = createAdminOperations(() => parts);
    await createKey({ body: key }, 'ann');
    await expect(async () => createKey({ body: key }, 'ann')).rejects.toMatchObject({
      code: 'conflict',
    });
  });

  it('a key manager that cannot create keys → unsupported', async () => {
    const { createKey } = createAdminOperations(() => inForce({}));
    await expect(async () => createKey({ body: key }, 'ann')).rejects.toMatchObject({
      code: 'unsupported',
    });
  });

  it.each<[KeyManagerErrorCode, string]>([
    ['overloaded', 'unavailable'],
    ['misconfigured', 'misconfigured'],
    ['unsupported', 'unsupported'],
    ['corrupt', 'corrupt'],
  ])('KeyManagerError %s → %s, with the key manager named', async (code, expected) => {
    const files = new AdministrationInMemory();
    files.createKey = () => Promise.reject(new KeyManagerError(code, 'why'));
    const { createKey } = createAdminOperations(() => inForce(files));
    await expect(async () => createKey({ body: key }, 'ann')).rejects.toMatchObject({
      code: expected,
      message: 'Key manager "files": why',
    });
  });

  it.each<KeyManagerErrorCode>(['unreachable', 'deadline', 'internal'])(
    'KeyManagerError %s → unfinished: nobody knows whether the key was made',
    async (code) => {
      const files = new AdministrationInMemory();
      files.createKey = () => Promise.reject(new KeyManagerError(code, 'why'));
      const { createKey } = createAdminOperations(() => inForce(files));
      await expect(async () => createKey({ body: key }, 'ann')).rejects.toMatchObject({
        code: 'unfinished',
        message: expect.stringContaining('why') as string,
      });
    },
  );

  it('a defect of the key manager → the defect itself', async () => {
    const files = new AdministrationInMemory();
    files.createKey = () => Promise.reject(new TypeError('a defect'));
    const { createKey } = createAdminOperations(() => inForce(files));
    await expect(async () => createKey({ body: key }, 'ann')).rejects.toThrow(TypeError);
  });
});
