import { expect } from 'vitest';
import { canaries } from '../../support/canaries.js';
import { XksClient } from '../../support/xks-client.js';
import {
  decryptBody,
  encryptBody,
  healthBody,
  metadataBody,
  requestMetadata,
} from '../../support/xks-requests.js';
import { encrypt, expectError, expectSuccess } from '../expectations.js';
import {
  LONGEST_KEY_ID,
  LONGEST_URI_PATH,
  OTHER_URI_PATH,
  type Requirement,
  ROOT_URI_PATH,
  type Section,
} from '../requirement.js';

const paths = [
  'health',
  'keys/quickstart-key/metadata',
  'keys/quickstart-key/encrypt',
  'keys/quickstart-key/decrypt',
];

const longArn = `arn:aws:iam::123456789012:role/${'r'.repeat(2_048 - 31)}`;

const otherMethods = ['GET', 'HEAD', 'PUT', 'DELETE', 'OPTIONS'].map(
  (method): Requirement => ({
    level: 'MUST',
    text: `${method} on a path of the API is answered with 405 and Allow: POST`,
    check: async ({ server }) => {
      for (const path of paths) {
        const client = new XksClient(server);
        const reply = await client.send(method, `${server.uriPath}/${path}`, {}, Buffer.of());
        expect([reply.status, reply.headers.allow, reply.body]).toEqual([405, 'POST', '']);
        client.close();
      }
    },
  }),
);

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
      text: 'GetHealthStatus, GetKeyMetadata, Encrypt and Decrypt are served',
      check: async ({ client }) => {
        expectSuccess(await client.call('health', healthBody()));
        expectSuccess(await client.call('keys/quickstart-key/metadata', metadataBody()));
        const sealed = await encrypt(client);
        expectSuccess(await client.call('keys/quickstart-key/decrypt', decryptBody(sealed)));
      },
    },
    {
      level: 'MUST',
      text: 'ARNs of 2,048 characters are taken',
      check: async ({ client }) => {
        expect(longArn).toHaveLength(2_048);
        const metadata = requestMetadata({ awsPrincipalArn: longArn, kmsKeyArn: longArn });
        const sealed = await encrypt(client, { requestMetadata: metadata });
        const body = decryptBody(sealed, { requestMetadata: metadata });
        expectSuccess(await client.call('keys/quickstart-key/decrypt', body));
      },
    },
    ...otherMethods,
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
    {
      level: 'MUST',
      text: 'an external key id names one key: case and every character of it count',
      check: async ({ client }) => {
        for (const id of ['QUICKSTART-KEY', 'quickstart_key', 'quickstart-key.', 'quickstart-ke']) {
          expectError(
            await client.call(`keys/${id}/metadata`, metadataBody()),
            'KeyNotFoundException',
          );
        }
      },
    },
    {
      level: 'MUST',
      text: 'an external key id that is longer, empty, or of other characters is no path',
      check: async ({ server }) => {
        const ids = ['k'.repeat(129), '', 'a%2fb', 'quickstart%2Dkey', 'a/b', 'a~b', 'a b', 'ü'];
        for (const id of ids) {
          const client = new XksClient(server);
          const path = encodeURI(`${server.uriPath}/keys/${id}/metadata`).replaceAll('%25', '%');
          const reply = await client.send('POST', path, {}, Buffer.from('{}'));
          expectError(reply, 'InvalidUriPathException');
          client.close();
        }
      },
    },
    ...isolation,
  ],
};
