import { expect } from 'vitest';
import { canaries } from '../../support/canaries.js';
import { XksClient } from '../../support/xks-client.js';
import { decryptBody, encryptBody, healthBody, metadataBody } from '../../support/xks-requests.js';
import { encrypt, expectError, expectSuccess } from '../expectations.js';
import {
  LONGEST_KEY_ID,
  LONGEST_URI_PATH,
  OTHER_URI_PATH,
  type Requirement,
  ROOT_URI_PATH,
  type Section,
} from '../requirement.js';

const isolation: Requirement[] = [
  {
    level: 'MUST',
    text: 'a credential of one path prefix is worth nothing on another',
    check: async ({ client, otherCredentials: [credential] }) => {
      const elsewhere = { uriPath: OTHER_URI_PATH };
      expectError(
        await client.call('health', healthBody(), elsewhere),
        'AuthenticationFailedException',
      );
      expectError(
        await client.call('health', healthBody(), { credential }),
        'AuthenticationFailedException',
      );
      expectSuccess(await client.call('health', healthBody(), { ...elsewhere, credential }));
    },
  },
  {
    level: 'MUST',
    text: 'a key that a path prefix does not expose is not found there',
    check: async ({ client, otherCredentials: [credential] }) => {
      const elsewhere = { uriPath: OTHER_URI_PATH, credential };
      expectSuccess(await client.call('keys/other-key/encrypt', encryptBody(), elsewhere));
      for (const body of [encryptBody(), metadataBody()]) {
        const operation = 'plaintext' in body ? 'encrypt' : 'metadata';
        expectError(
          await client.call(`keys/quickstart-key/${operation}`, body, elsewhere),
          'KeyNotFoundException',
        );
      }
    },
  },
];

/** @see XKS Proxy API, section API operations */
export const apiOperations: Section = {
  title: 'API operations',
  requirements: [
    {
      level: 'MUST',
      text: 'a URI path of 128 characters and an external key id of 128 are served together',
      check: async ({ server }) => {
        expect([LONGEST_URI_PATH.length, LONGEST_KEY_ID.length]).toEqual([128, 128]);
        const credential = {
          accessKeyId: 'OLDOLDOLDOLDOLDOLDO3',
          secretAccessKey: canaries.secretAccessKey,
        };
        const client = new XksClient({ ...server, credential, uriPath: LONGEST_URI_PATH });
        const sealed = await encrypt(client, {}, LONGEST_KEY_ID);
        expectSuccess(await client.call(`keys/${LONGEST_KEY_ID}/decrypt`, decryptBody(sealed)));
        client.close();
      },
    },
    {
      level: 'MUST',
      text: 'an empty path prefix is served',
      check: async ({ client }) => {
        const credential = {
          accessKeyId: 'OLDOLDOLDOLDOLDOLDO2',
          secretAccessKey: canaries.secretAccessKey,
        };
        const root = { uriPath: ROOT_URI_PATH, credential };
        expectSuccess(await client.call('health', healthBody(), root));
        expectSuccess(await client.call('keys/quickstart-key/metadata', metadataBody(), root));
      },
    },
    ...isolation,
  ],
};
