import { beforeAll, describe, it } from 'vitest';
import { authoritiesWith } from '../../src/doctor/authorities/authorities.js';
import { SECTIONS } from '../../src/doctor/requirements/index.js';
import type { Subject } from '../../src/doctor/requirement.js';
import { makeSubject } from '../../src/doctor/subject.js';
import { Remark } from '../../src/doctor/verdict.js';
import { canaries } from '../support/canaries.js';
import { apiContentType } from './sections/api-content-type.js';
import { apiOperations } from './sections/api-operations.js';
import { authentication } from './sections/authentication.js';
import { decryptSection } from './sections/decrypt.js';
import { errorCodes } from './sections/error-codes.js';
import { getHealthStatus } from './sections/get-health-status.js';
import { getKeyMetadata } from './sections/get-key-metadata.js';
import { logging } from './sections/logging.js';
import { mutualTls } from './sections/mutual-tls.js';
import { otherConsiderations } from './sections/other-considerations.js';
import { EXAMINED_HOST, type Served } from './requirement.js';
import { serve } from './served.js';

/** Rows that need control of the server, in the order of the specification. */
const ownSections = [
  apiContentType,
  apiOperations,
  getKeyMetadata,
  decryptSection,
  getHealthStatus,
  errorCodes,
  authentication,
  mutualTls,
  logging,
  otherConsiderations,
];

/** Rows of what a healthy server does not have; damaged-key.test.ts makes one that has. */
const elsewhere = ['errors.disabled.encrypt', 'errors.disabled.decrypt', 'network.resolves'];

let served: Served;
let subject: Subject;

beforeAll(async () => {
  const { end, ...rest } = await serve();
  served = rest;
  const examined = makeSubject({
    endpoint: {
      host: EXAMINED_HOST,
      port: 443,
      address: '127.0.0.1',
      connectPort: served.examinedPort,
      uriPath: served.server.uriPath,
      credential: served.server.credential,
      region: 'eu-west-1',
    },
    keys: {
      key: 'quickstart-key',
      otherKey: 'decrypt-only',
      encryptOnlyKey: 'encrypt-only',
      decryptOnlyKey: 'decrypt-only',
    },
    isReadOnly: false,
    plaintext: canaries.plaintext,
    authorities: authoritiesWith(served.examinedCa),
    samples: 20,
  });
  subject = examined;
  return async () => {
    examined.close();
    await end();
  };
});

describe.each(SECTIONS)('$title', ({ requirements }) => {
  const rows = requirements.filter(({ id }) => !elsewhere.includes(id));
  it.each(rows)('$level: $text', async ({ id, check }) => {
    await check(subject).catch((error: unknown) => {
      // A slow call among many is the machine's matter.
      if (!id.startsWith('timing.') || !(error instanceof Remark)) throw error;
    });
  });
});

describe.each(ownSections)('$title, with control of the server', ({ requirements }) => {
  const rows = requirements.map(({ level, text, check }) => [level, text, check] as const);
  it.each(rows)('%s: %s', async (_level, _text, check) => {
    await check(served);
  });
});
