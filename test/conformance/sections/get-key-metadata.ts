import { expect } from 'vitest';
import { metadataBody } from '../../support/xks-requests.js';
import { expectError, expectSuccess } from '../expectations.js';
import type { Section } from '../requirement.js';

/** @see XKS Proxy API, section GetKeyMetadata */
export const getKeyMetadata: Section = {
  title: 'GetKeyMetadata',
  requirements: [
    {
      level: 'MUST',
      text: 'keySpec, keyUsage and keyStatus are told in the words of the specification',
      check: async ({ client }) => {
        const usages = {
          'quickstart-key': ['ENCRYPT', 'DECRYPT'],
          'encrypt-only': ['ENCRYPT'],
          'decrypt-only': ['DECRYPT'],
          'good-for-nothing': [],
        };
        for (const [id, keyUsage] of Object.entries(usages)) {
          const metadata = expectSuccess(await client.call(`keys/${id}/metadata`, metadataBody()));
          expect(metadata).toEqual({ keySpec: 'AES_256', keyUsage, keyStatus: 'ENABLED' });
        }
      },
    },
    {
      level: 'MUST',
      text: 'asking for a key that does not exist makes none',
      check: async ({ client }) => {
        for (let round = 0; round < 2; round += 1) {
          const reply = await client.call('keys/not-there-yet/metadata', metadataBody());
          expectError(reply, 'KeyNotFoundException');
        }
      },
    },
  ],
};
