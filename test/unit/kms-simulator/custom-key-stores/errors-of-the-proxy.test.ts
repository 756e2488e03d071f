import { describe, expect, it } from 'vitest';
import { callOf, setScene } from '../../../support/kms-simulator/key-stores.js';
import { answering } from '../../../support/kms-simulator/small-proxy.js';

const AAD = Buffer.from('context');
const PLAINTEXT = Buffer.from('a plaintext of KMS');

describe('an error of the proxy', () => {
  it.each([
    [400, 'ValidationException', /cannot interpret/, 'CustomKeyStoreInvalidStateException'],
    [400, 'InvalidStateException', /is not enabled/, 'XksKeyInvalidConfigurationException'],
    [
      400,
      'InvalidCiphertextException',
      /rejected the request because the specified ciphertext/,
      'CustomKeyStoreInvalidStateException',
    ],
    [
      400,
      'InvalidKeyUsageException',
      /does not support the requested operation\. Enable/,
      'XksKeyInvalidConfigurationException',
    ],
    [
      401,
      'AuthenticationFailedException',
      /could not authenticate/,
      'CustomKeyStoreInvalidStateException',
    ],
    [403, 'AccessDeniedException', /denied access/, 'KMSInvalidStateException'],
    [404, 'KeyNotFoundException', /was not found/, 'XksKeyNotFoundException'],
    [404, 'InvalidUriPathException', /invalid URI path/, 'CustomKeyStoreInvalidStateException'],
    [429, 'ThrottlingException', /very high request rate/, 'CustomKeyStoreInvalidStateException'],
    [
      501,
      'UnsupportedOperationException',
      /does not support the requested operation\. If/,
      'XksKeyInvalidResponseException',
    ],
    [
      503,
      'DependencyTimeoutException',
      /in the time allotted/,
      'CustomKeyStoreInvalidStateException',
    ],
    [
      500,
      'InternalException',
      /cannot communicate with the external key manager/,
      'CustomKeyStoreInvalidStateException',
    ],
    // KMS reads the name, whatever the status.
    [418, 'KeyNotFoundException', /was not found/, 'XksKeyNotFoundException'],
  ])(
    '%i %s → its text, for Encrypt, Decrypt and CreateKey',
    async (status, errorName, text, ofCreateKey) => {
      const { keyStores, proxy, key, id } = await setScene();
      const { cryptography } = keyStores;
      const sealed = await cryptography.encrypt(key, PLAINTEXT, AAD, callOf('Encrypt'));
      for (const operation of ['encrypt', 'decrypt', 'metadata']) {
        proxy.lie(operation, answering(status, errorName));
      }
      const message = expect.stringMatching(text) as string;
      const failure = { name: 'KMSInvalidStateException', message };
      await expect(
        cryptography.encrypt(key, PLAINTEXT, AAD, callOf('Encrypt')),
      ).rejects.toMatchObject(failure);
      await expect(cryptography.decrypt(key, sealed, AAD, callOf('Decrypt'))).rejects.toMatchObject(
        failure,
      );
      await expect(cryptography.inspect(id, 'key-2', callOf('CreateKey'))).rejects.toMatchObject({
        name: ofCreateKey,
        message,
      });
    },
  );
});
