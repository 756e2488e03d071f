import type { Section } from '../requirement.js';
import { answersSection } from './answers.js';
import { apiOperations } from './api-operations.js';
import { authentication } from './authentication.js';
import { certificateSection } from './certificate.js';
import { connectionSection } from './connection.js';
import { decryptSection } from './decrypt.js';
import { encryptSection } from './encrypt.js';
import { endpointSection } from './endpoint.js';
import { errorCodes } from './error-codes.js';
import { getHealthStatus } from './get-health-status.js';
import { getKeyMetadata } from './get-key-metadata.js';
import { performanceSection } from './performance.js';
import { requestMetadataSection } from './request-metadata.js';
import { sizesSection } from './sizes.js';

/**
 * The requirements of Holdfast's repository: `holdfast doctor` and the conformance tests run
 * them. A requirement stands after the one that it needs.
 */
export const SECTIONS: readonly Section[] = [
  endpointSection,
  connectionSection,
  certificateSection,
  getHealthStatus,
  getKeyMetadata,
  encryptSection,
  decryptSection,
  sizesSection,
  requestMetadataSection,
  errorCodes,
  apiOperations,
  authentication,
  performanceSection,
  answersSection,
];
