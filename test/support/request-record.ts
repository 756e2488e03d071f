import type { RequestRecord } from '../../src/observability/request-record.js';

/** The record of a request of which nothing was learnt but that it succeeded. */
export function requestRecord(overrides: Partial<RequestRecord> = {}): RequestRecord {
  return {
    operation: undefined,
    keyStore: undefined,
    externalKeyId: undefined,
    keyVersion: undefined,
    node: undefined,
    accessKeyId: undefined,
    kmsRequestId: undefined,
    kmsOperation: undefined,
    kmsKeyArn: undefined,
    awsPrincipalArn: undefined,
    kmsViaService: undefined,
    awsSourceVpc: undefined,
    awsSourceVpce: undefined,
    clientAddress: '127.0.0.1',
    clientCertificateName: undefined,
    status: 200,
    errorName: undefined,
    cause: undefined,
    authenticationFailure: undefined,
    durationUs: 1_500,
    ...overrides,
  };
}
