import { isUtf8 } from 'node:buffer';
import { XksError } from '../../xks/errors.js';
import type { RequestMetadata } from '../../xks/operation.js';
import type { RequestRecord } from '../../observability/request-record.js';
import type { Authenticated, ParsedHealth, ParsedKey } from '../context.js';

/**
 * Bytes → JSON → the operation's own request.
 *
 * @throws XksError ValidationException
 */
export function parse(authenticated: Authenticated): ParsedHealth | ParsedKey {
  const { target, record, body } = authenticated;
  const json = decodeJson(body);
  if (target.about === 'key') {
    const { operation, externalKeyId } = target;
    const request = operation.parse(json);
    noteMetadata(record, request.requestMetadata);
    return { ...authenticated, about: 'key', externalKeyId, operation, request };
  }
  const request = target.operation.parse(json);
  noteMetadata(record, request.requestMetadata);
  return { ...authenticated, about: 'key-store', request };
}

function decodeJson(body: Buffer): unknown {
  try {
    if (isUtf8(body)) return JSON.parse(body.toString('utf8'));
  } catch (cause) {
    throw new XksError('ValidationException', 'The request body is not JSON.', { cause });
  }
  throw new XksError('ValidationException', 'The request body is not UTF-8.');
}

function noteMetadata(record: RequestRecord, metadata: RequestMetadata): void {
  record.kmsRequestId = metadata.kmsRequestId;
  record.kmsOperation = metadata.kmsOperation;
  record.kmsKeyArn = metadata.kmsKeyArn;
  record.awsPrincipalArn = metadata.awsPrincipalArn;
  record.kmsViaService = metadata.kmsViaService;
  record.awsSourceVpc = metadata.awsSourceVpc;
  record.awsSourceVpce = metadata.awsSourceVpce;
}
