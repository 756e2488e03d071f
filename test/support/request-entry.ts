import type { RequestFields } from '../../src/audit/record/index.js';
import { MAX_FIELDS_BYTES } from '../../src/audit/record/limits.js';
import { recordJson } from '../../src/audit/record/record-json.js';
import type { RequestEntry } from '../../src/observability/request-entry.js';

/** A request of which nothing was learnt but that it succeeded. */
export function requestEntry(overrides: Partial<RequestFields> = {}): RequestEntry {
  const fields = { clientAddress: '127.0.0.1', status: 200, durationUs: 1_500, ...overrides };
  const { accessKeyId, authenticationFailure } = overrides;
  return {
    isAuthenticated: accessKeyId !== undefined && authenticationFailure === undefined,
    clientAddress: fields.clientAddress ?? '',
    accessKeyId,
    operation: overrides.operation,
    keyStore: overrides.keyStore,
    kmsRequestId: overrides.kmsRequestId,
    status: fields.status ?? 0,
    errorName: overrides.errorName,
    authenticationFailure,
    throttledBy: undefined,
    durationUs: fields.durationUs ?? 0,
    json: () => recordJson(fields, MAX_FIELDS_BYTES),
  };
}
