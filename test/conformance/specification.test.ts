import { beforeAll, describe, it } from 'vitest';
import { apiContentType } from './sections/api-content-type.js';
import { apiOperations } from './sections/api-operations.js';
import { authentication } from './sections/authentication.js';
import { decryptSection } from './sections/decrypt.js';
import { encryptSection } from './sections/encrypt.js';
import { errorCodes } from './sections/error-codes.js';
import { getHealthStatus } from './sections/get-health-status.js';
import { getKeyMetadata } from './sections/get-key-metadata.js';
import { logging } from './sections/logging.js';
import { mutualTls } from './sections/mutual-tls.js';
import { otherConsiderations } from './sections/other-considerations.js';
import { requestMetadataSection } from './sections/request-metadata.js';
import type { Served } from './requirement.js';
import { serve } from './served.js';

/** In the order of the specification. */
const sections = [
  apiContentType,
  apiOperations,
  requestMetadataSection,
  getKeyMetadata,
  encryptSection,
  decryptSection,
  getHealthStatus,
  errorCodes,
  authentication,
  mutualTls,
  logging,
  otherConsiderations,
];

let served: Served;

beforeAll(async () => {
  const { end, ...rest } = await serve();
  served = rest;
  return end;
});

describe.each(sections)('$title', ({ requirements }) => {
  const rows = requirements.map(({ level, text, check }) => [level, text, check] as const);
  it.each(rows)('%s: %s', async (_level, _text, check) => {
    await check(served);
  });
});
