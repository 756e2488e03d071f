import { expect } from 'vitest';
import { metadataBody } from '../../support/xks-requests.js';
import { expectSuccess } from '../expectations.js';
import type { Section } from '../requirement.js';

/** @see XKS Proxy API, section GetKeyMetadata */
export const getKeyMetadata: Section = {
  title: 'GetKeyMetadata',
  requirements: [
    {
      level: 'MUST',
      text: 'the usages of a key are told as they were given to it',
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
  ],
};
