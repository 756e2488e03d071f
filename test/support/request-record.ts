import { newRequestRecord, type RequestRecord } from '../../src/observability/request-record.js';

/** The record of a request of which nothing was learnt but that it succeeded. */
export function requestRecord(overrides: Partial<RequestRecord> = {}): RequestRecord {
  const record = newRequestRecord({
    clientAddress: '127.0.0.1',
    clientCertificateName: undefined,
    clientCertificateSubject: undefined,
  });
  return { ...record, status: 200, durationUs: 1_500, ...overrides };
}
