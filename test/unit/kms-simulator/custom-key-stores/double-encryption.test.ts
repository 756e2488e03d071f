import { createSecretKey, randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { callOf, keyIn, setScene } from '../../../support/kms-simulator/key-stores.js';
import { answering, bytesOf, integrityValue } from '../../../support/kms-simulator/small-proxy.js';

const AAD = Buffer.from('context');
const PLAINTEXT = Buffer.from('a plaintext of KMS');

describe('what KMS keeps of an encryption', () => {
  it.each([1, 32, 4096])('opens again to %i bytes', async (bytes) => {
    const { keyStores, key } = await setScene();
    const plaintext = randomBytes(bytes);
    const sealed = await keyStores.cryptography.encrypt(key, plaintext, AAD, callOf('Encrypt'));
    expect(sealed.includes(plaintext)).toBe(bytes === 1 && sealed.includes(plaintext));
    const opened = await keyStores.cryptography.decrypt(key, sealed, AAD, callOf('Decrypt'));
    expect(opened).toEqual(plaintext);
  });

  it.each([0, 8192, 8193, 20_000])(
    'opens again with %i bytes that bind the context',
    async (bytes) => {
      const { keyStores, key, proxy } = await setScene();
      const aad = randomBytes(bytes);
      const sealed = await keyStores.cryptography.encrypt(key, PLAINTEXT, aad, callOf('Encrypt'));
      const sent = String(proxy.requests.at(-1)?.body['additionalAuthenticatedData']);
      expect(Buffer.from(sent, 'base64').length).toBeLessThanOrEqual(8192);
      const opened = await keyStores.cryptography.decrypt(key, sealed, aad, callOf('Decrypt'));
      expect(opened).toEqual(PLAINTEXT);
    },
  );

  it.each([
    ['with metadata', undefined],
    ['without metadata', { ciphertextMetadata: undefined }],
    ['with empty metadata', { ciphertextMetadata: '' }],
  ])('hands the proxy what it has answered, %s', async (_what, changes) => {
    const { keyStores, key, proxy } = await setScene();
    let answered: Record<string, unknown> = {};
    proxy.lie('encrypt', (honest, { body }) => {
      if (changes === undefined) return (answered = honest);
      const parts = ['initializationVector', 'ciphertext', 'authenticationTag'];
      answered = { ...honest, ...changes, ciphertextDataIntegrityValue: '' };
      const bytes = [body['additionalAuthenticatedData'], ...parts.map((name) => answered[name])];
      const digest = integrity(bytes);
      return (answered = { ...answered, ciphertextDataIntegrityValue: digest });
    });
    const sealed = await keyStores.cryptography.encrypt(key, PLAINTEXT, AAD, callOf('Encrypt'));
    proxy.lie('decrypt', answering(400, 'InvalidCiphertextException'));
    const opened = keyStores.cryptography.decrypt(key, sealed, AAD, callOf('Decrypt'));
    await expect(opened).rejects.toMatchObject({ name: 'KMSInvalidStateException' });
    const kept = Object.entries(answered).filter(
      ([name, value]) => name !== 'ciphertextDataIntegrityValue' && value !== undefined,
    );
    expect(proxy.requests.at(-1)?.body).toMatchObject(Object.fromEntries(kept));
  });

  it('changed anywhere → InvalidCiphertextException, and the proxy is not asked', async () => {
    const { keyStores, key, proxy } = await setScene();
    const sealed = await keyStores.cryptography.encrypt(key, PLAINTEXT, AAD, callOf('Encrypt'));
    const before = proxy.requests.length;
    const refused = { name: 'InvalidCiphertextException' };
    for (let at = 0; at < sealed.length; at += 1) {
      const changed = Buffer.from(sealed);
      changed[at] = (changed[at] ?? 0) ^ 0x40;
      const opened = keyStores.cryptography.decrypt(key, changed, AAD, callOf('Decrypt'));
      await expect(opened).rejects.toMatchObject(refused);
      const cut = keyStores.cryptography.decrypt(
        key,
        sealed.subarray(0, at),
        AAD,
        callOf('Decrypt'),
      );
      await expect(cut).rejects.toMatchObject(refused);
    }
    const longer = Buffer.concat([sealed, Buffer.alloc(1)]);
    const opened = keyStores.cryptography.decrypt(key, longer, AAD, callOf('Decrypt'));
    await expect(opened).rejects.toMatchObject(refused);
    expect(proxy.requests.length).toBe(before);
  });

  it('of another KMS key → InvalidCiphertextException, whatever external key it has', async () => {
    const { keyStores, key, id } = await setScene();
    const sealed = await keyStores.cryptography.encrypt(key, PLAINTEXT, AAD, callOf('Encrypt'));
    const others = [
      { ...key, arn: `${key.arn}0` },
      { ...key, innerKey: createSecretKey(randomBytes(32)) },
      keyIn(id),
    ];
    for (const other of others) {
      const opened = keyStores.cryptography.decrypt(other, sealed, AAD, callOf('Decrypt'));
      await expect(opened).rejects.toMatchObject({ name: 'InvalidCiphertextException' });
    }
  });

  it('with another context → the proxy is asked, and its refusal is a KMSInvalidStateException', async () => {
    const { keyStores, key, proxy } = await setScene();
    const sealed = await keyStores.cryptography.encrypt(key, PLAINTEXT, AAD, callOf('Encrypt'));
    const before = proxy.requests.length;
    const other = Buffer.from('other');
    await expect(
      keyStores.cryptography.decrypt(key, sealed, other, callOf('Decrypt')),
    ).rejects.toMatchObject({
      name: 'KMSInvalidStateException',
      message: expect.stringMatching(
        /rejected the request because the specified ciphertext or encryption context/,
      ) as string,
    });
    expect(proxy.requests.length).toBe(before + 1);
  });
});

describe('the quota of a key store', () => {
  it('beyond its requests in a second → ThrottlingException, until the second is over', async () => {
    let monotonic = 0;
    const clock = { now: () => Date.now(), monotonic: () => monotonic };
    const { keyStores, key, id, proxy } = await setScene({ clock, requestsPerSecond: 3 });
    const { cryptography } = keyStores;
    const encrypt = () => cryptography.encrypt(key, PLAINTEXT, AAD, callOf('GenerateDataKey'));
    const sealed = await encrypt();
    await encrypt();
    monotonic = 500;
    await cryptography.decrypt(key, sealed, AAD, callOf('Decrypt'));
    const before = proxy.requests.length;
    await expect(encrypt()).rejects.toMatchObject({ name: 'ThrottlingException', status: 400 });
    monotonic = 999;
    await expect(encrypt()).rejects.toMatchObject({ name: 'ThrottlingException' });
    expect(proxy.requests.length).toBe(before);
    monotonic = 1000;
    await encrypt();
    await encrypt();
    await expect(encrypt()).rejects.toMatchObject({ name: 'ThrottlingException' });
    expect(await keyStores.cloudWatch.text()).toContain(
      `ExternalKeyStoreThrottle{CustomKeyStoreId="${id}",KmsOperation="GenerateDataKey",KeySpec="SYMMETRIC_DEFAULT"} 3`,
    );
  });
});

function integrity(fields: readonly unknown[]): string {
  const parts = fields.map((field) => bytesOf(field));
  return integrityValue(...parts);
}
