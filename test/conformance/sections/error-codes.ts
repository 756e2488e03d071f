import { encryptBody } from '../../support/xks-requests.js';
import type { Reply } from '../../support/xks-client.js';
import type { ErrorName } from '../../../src/doctor/error-codes.js';
import { expectError } from '../expectations.js';
import type { Requirement, Section, Served } from '../requirement.js';

/** Who provokes which error; what needs a broken key manager is in test/unit/pipeline. */
const provoked: readonly [ErrorName, string, (served: Served) => Promise<Reply>][] = [
  [
    'InvalidKeyUsageException',
    'Encrypt with a key that is good for nothing',
    ({ client }) => client.call('keys/good-for-nothing/encrypt', encryptBody()),
  ],
  [
    'UnsupportedOperationException',
    'a body over our limit',
    ({ client }) => client.call('keys/quickstart-key/encrypt', 'x'.repeat(131_073)),
  ],
];

/** @see XKS Proxy API, section Error codes */
export const errorCodes: Section = {
  title: 'Error codes',
  requirements: provoked.map(
    ([errorName, cause, provoke]): Requirement => ({
      level: 'MUST',
      text: `${errorName}, with its status, for ${cause}`,
      check: async (served) => {
        expectError(await provoke(served), errorName);
      },
    }),
  ),
};
