import type { AuditRecord } from '../../audit/record/index.js';
import { ACTIONS, type AuthorizationRequest } from '../../authorization/request.js';
import { MINUTE_MS } from '../../shared/durations.js';

/** The record of a use of an external key, or of the attempt. */
export type KeyOperationRecord = Extract<AuditRecord, { readonly type: 'key-operation' }>;

/** The request of a record as policies see it, or the reason why that cannot be told. */
export type RecordedRequest =
  | {
      /** Two where a minute ended while it was worked on: policies see the time by the minute. */
      readonly requests: readonly [AuthorizationRequest, ...AuthorizationRequest[]];
    }
  | { readonly unknown: string };

/** Texts that policies read; one that was too long has lost its end. */
const READ_TEXTS = [
  ...(['awsPrincipalArn', 'kmsOperation', 'kmsKeyArn', 'kmsViaService'] as const),
  ...(['awsSourceVpc', 'awsSourceVpce', 'clientCertificateName'] as const),
];
const READ_FIELDS: readonly string[] = [...READ_TEXTS, 'externalKeyId', 'authorization'];
/** The end of a text that was cut. */
const MARK = '...';

/**
 * Makes of a record the request that policies decided over, or would have. Of the tags it knows
 * those that the policies of that time read.
 *
 * @param tags of the key, where they are known from elsewhere
 */
export function recordedRequest(
  record: KeyOperationRecord,
  tags: ReadonlyMap<string, string> = new Map(Object.entries(record.authorization?.tags ?? {})),
): RecordedRequest {
  const action = ACTIONS.find((each) => each === record.operation);
  const { awsPrincipalArn, externalKeyId, kmsOperation, targetKeyId } = record;
  if (action === undefined || externalKeyId === undefined) return { unknown: 'no use of a key' };
  if (awsPrincipalArn === undefined || kmsOperation === undefined) {
    return { unknown: 'the request did not say who called' };
  }
  const cut =
    record.cut?.find((field) => READ_FIELDS.includes(field)) ??
    READ_TEXTS.find((field) => record[field]?.endsWith(MARK));
  if (cut !== undefined) return { unknown: `the record has ${cut} in part alone` };
  const { last, others } = timesOf(record);
  const request = {
    ...{ action, awsPrincipalArn, kmsOperation, tags },
    askedId: externalKeyId,
    externalKeyId: targetKeyId ?? externalKeyId,
    keyManager: record.keyManager ?? '',
    kmsKeyArn: action === 'GetKeyMetadata' ? undefined : record.kmsKeyArn,
    kmsViaService: record.kmsViaService,
    sourceVpc: record.awsSourceVpc,
    sourceVpce: record.awsSourceVpce,
    clientCertificateName: record.clientCertificateName,
    clientAddress: record.clientAddress,
    now: last,
  };
  return { requests: [request, ...others.map((now) => ({ ...request, now }))] };
}

/** The time of the record, and that of the request's head where it is of the minute before. */
function timesOf({ time, durationUs }: KeyOperationRecord) {
  const last = Date.parse(time);
  const first = last - durationUs / 1_000;
  const isOneMinute = Math.floor(first / MINUTE_MS) === Math.floor(last / MINUTE_MS);
  return { last, others: isOneMinute ? [] : [first] };
}
