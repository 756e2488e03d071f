import { healthBody } from '../../support/xks-requests.js';
import { expectError, expectSuccess } from '../expectations.js';
import { OTHER_URI_PATH, type Section } from '../requirement.js';

/** @see XKS Proxy API, section Authentication; Appendix A */
export const authentication: Section = {
  title: 'Authentication, and Appendix A',
  requirements: [
    {
      level: 'SHOULD',
      text: 'two credentials of one path prefix are valid at once, secrets of 43 to 64 characters',
      check: async ({ client, otherCredentials }) => {
        for (const credential of [...otherCredentials, ...otherCredentials]) {
          const uriPath = OTHER_URI_PATH;
          expectSuccess(await client.call('health', healthBody(), { uriPath, credential }));
        }
      },
    },
    {
      level: 'MUST',
      text: 'a secret is worth nothing under the other access key id',
      check: async ({ client, otherCredentials: [old, recent] }) => {
        const credential = { ...old, secretAccessKey: recent.secretAccessKey };
        const overrides = { uriPath: OTHER_URI_PATH, credential };
        const reply = await client.call('health', healthBody(), overrides);
        expectError(reply, 'AuthenticationFailedException');
      },
    },
  ],
};
