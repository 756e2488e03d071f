import { expect } from 'vitest';
import type { XksClient } from '../../support/xks-client.js';
import {
  type Body,
  decryptBody,
  encryptBody,
  healthBody,
  metadataBody,
  requestMetadata,
  without,
} from '../../support/xks-requests.js';
import { encrypt, expectError, expectSuccess } from '../expectations.js';
import type { Section } from '../requirement.js';

const KEY = 'keys/quickstart-key';

/** Calls every operation with the same metadata. */
async function callAll(client: XksClient, metadata: Body) {
  const sealed = await encrypt(client);
  const calls: [string, Body][] = [
    ['health', healthBody({ requestMetadata: metadata })],
    [`${KEY}/metadata`, metadataBody({ requestMetadata: metadata })],
    [`${KEY}/encrypt`, encryptBody({ requestMetadata: metadata })],
    [`${KEY}/decrypt`, decryptBody(sealed, { requestMetadata: metadata })],
  ];
  const replies = [];
  for (const [operation, body] of calls) replies.push(await client.call(operation, body));
  return replies;
}

/**
 * The sections of the four operations describe these fields in the same words.
 *
 * @see XKS Proxy API, sections GetKeyMetadata, Encrypt, Decrypt, GetHealthStatus; Appendix B
 */
export const requestMetadataSection: Section = {
  title: 'Request payload parameters, requestMetadata',
  requirements: [
    {
      level: 'MUST',
      text: 'an unknown kmsOperation is accepted',
      check: async ({ client }) => {
        for (const kmsOperation of ['BulkEncrypt', 'generateRandom2', '']) {
          const replies = await callAll(client, requestMetadata({ kmsOperation }));
          expect(replies.map((reply) => reply.status)).toEqual([200, 200, 200, 200]);
        }
      },
    },
    {
      level: 'MUST',
      text: 'kmsRequestId is an opaque string, repeated or not',
      check: async ({ client }) => {
        for (const kmsRequestId of ['', 'no UUID', '\u{1f511} \n"\\', 'x'.repeat(2_000)]) {
          const replies = await callAll(client, requestMetadata({ kmsRequestId }));
          expect(replies.map((reply) => reply.status)).toEqual([200, 200, 200, 200]);
        }
      },
    },
    {
      level: 'MUST',
      text: 'fields that KMS may add later are accepted, in the metadata and beside it',
      check: async ({ client }) => {
        const later = { sourceIdentity: 'Alice', kmsRecipientAttestationPCR0: 'ab', tags: [{}] };
        const replies = await callAll(client, requestMetadata(later));
        expect(replies.map((reply) => reply.status)).toEqual([200, 200, 200, 200]);
        const body = { ...metadataBody(), later: { deeply: [{ nested: null }] } };
        expectSuccess(await client.call(`${KEY}/metadata`, body));
      },
    },
    {
      level: 'MUST',
      text: 'a principal may be an AWS service or "AWS Internal", and VPC fields may come',
      check: async ({ client }) => {
        for (const awsPrincipalArn of ['AWS Internal', 'ec2.amazonaws.com']) {
          const vpc = { awsSourceVpc: 'vpc-1234', awsSourceVpce: 'vpce-1234' };
          const replies = await callAll(client, requestMetadata({ awsPrincipalArn, ...vpc }));
          expect(replies.map((reply) => reply.status)).toEqual([200, 200, 200, 200]);
        }
      },
    },
    {
      level: 'MUST',
      text: 'kmsRequestId and kmsOperation are required, and are strings',
      check: async ({ client }) => {
        for (const field of ['kmsRequestId', 'kmsOperation']) {
          const bodies = [without(requestMetadata(), field), requestMetadata({ [field]: 7 })];
          for (const body of bodies) {
            for (const reply of await callAll(client, body))
              expectError(reply, 'ValidationException');
          }
        }
      },
    },
    {
      level: 'MUST',
      text: 'awsPrincipalArn is required wherever a key is concerned',
      check: async ({ client }) => {
        const [health, ...others] = await callAll(
          client,
          without(requestMetadata(), 'awsPrincipalArn'),
        );
        expect(health?.status).toBe(200);
        for (const reply of others) expectError(reply, 'ValidationException');
      },
    },
    {
      level: 'MUST',
      text: 'kmsKeyArn is required for Encrypt and Decrypt, and for no other operation',
      check: async ({ client }) => {
        const replies = await callAll(client, without(requestMetadata(), 'kmsKeyArn'));
        expect(replies.map((reply) => reply.status)).toEqual([200, 200, 400, 400]);
      },
    },
  ],
};
