import { hash } from 'node:crypto';
import { isUnauthenticated, type RequestRecord } from '../../observability/request-record.js';
import { cutText } from '../log/fit-fields.js';
import type { FieldsOf } from '../log/payloads.js';
import type { RequestAuditRecord } from '../record/index.js';

/** Of any text of a client. The longest that KMS sends, an ARN, has 2,048. */
const MAX_CHARACTERS = 2_200;
/** Of a text that somebody without a credential has sent. */
const MAX_STRANGERS_CHARACTERS = 300;

const AUTHORIZATIONS = {
  allowed: { decision: 'allowed', by: 'exposes' },
  denied: { decision: 'denied', by: 'exposes' },
} as const;

/** The type of the record that a request gets. */
export function typeOf(record: RequestRecord): RequestAuditRecord['type'] {
  if (isUnauthenticated(record)) return 'unauthenticated';
  return record.operation === 'GetHealthStatus' ? 'health-check' : 'key-operation';
}

/** What the log says of a request. */
export function requestFields(record: RequestRecord): FieldsOf<'key-operation'> {
  const { authorization, nodesTried } = record;
  const kmsKeyArn = bounded(record.kmsKeyArn);
  const awsPrincipalArn = bounded(record.awsPrincipalArn);
  return {
    kmsRequestId: bounded(record.kmsRequestId),
    operation: record.operation,
    kmsOperation: bounded(record.kmsOperation),
    keyStore: record.keyStore,
    externalKeyId: bounded(record.externalKeyId),
    keyVersion: record.keyVersion,
    kmsKeyArn,
    awsAccount: arnPart(kmsKeyArn, ACCOUNT) ?? arnPart(awsPrincipalArn, ACCOUNT),
    awsRegion: arnPart(kmsKeyArn, REGION),
    awsPrincipalArn,
    kmsViaService: bounded(record.kmsViaService),
    awsSourceVpc: bounded(record.awsSourceVpc),
    awsSourceVpce: bounded(record.awsSourceVpce),
    accessKeyId: bounded(record.accessKeyId, MAX_STRANGERS_CHARACTERS),
    clientAddress: record.clientAddress,
    clientCertificateName: bounded(record.clientCertificateName),
    clientCertificateSubject: bounded(record.clientCertificateSubject),
    authorization: authorization && AUTHORIZATIONS[authorization],
    keyManager: record.keyManager,
    node: record.node,
    location: record.location,
    nodesTried: nodesTried.length === 0 ? undefined : nodesTried,
    result: record.status < 400 ? 'success' : 'failure',
    status: record.status,
    errorName: record.errorName,
    cause: causeOf(record),
    authenticationFailure: record.authenticationFailure,
    target: bounded(record.target),
    durationUs: record.durationUs,
    aadSha256: digest(record.aad),
    ciphertextSha256: digest(record.ciphertext),
  };
}

/** What is longer ends in `...`: a record must not be many times as long as its request. */
function bounded(text: string | undefined, characters = MAX_CHARACTERS): string | undefined {
  return text && cutText(text, characters);
}

function causeOf(record: RequestRecord): string | undefined {
  return bounded(record.cause, isUnauthenticated(record) ? MAX_STRANGERS_CHARACTERS : undefined);
}

function digest(bytes: Buffer | undefined): string | undefined {
  return bytes && hash('sha256', bytes, 'base64');
}

/** Place in `arn:partition:service:region:account:resource`. */
const REGION = 3;
const ACCOUNT = 4;

/** @returns undefined for what is no ARN, or says nothing there */
function arnPart(arn: string | undefined, place: number): string | undefined {
  if (arn?.startsWith('arn:') !== true) return undefined;
  let start = 0;
  for (let colons = 0; colons < place; colons += 1) {
    const colon = arn.indexOf(':', start);
    if (colon < 0) return undefined;
    start = colon + 1;
  }
  const end = arn.indexOf(':', start);
  return end > start ? arn.slice(start, end) : undefined;
}
