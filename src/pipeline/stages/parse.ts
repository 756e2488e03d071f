import { isUtf8 } from 'node:buffer';
import { XksError } from '../../xks/errors.js';
import type { Audited, RequestMetadata } from '../../xks/operation.js';
import type { RequestRecord } from '../../observability/request-record.js';
import type { AuthenticatedBody } from '../context.js';

/** An operation as far as parsing goes. */
interface Parser<Request> {
  parse(json: unknown): Request;
}

/**
 * Bytes → JSON → the operation's own request.
 *
 * @throws XksError ValidationException
 */
export function parse<Request extends Audited>(
  operation: Parser<Request>,
  body: AuthenticatedBody,
  record: RequestRecord,
): Request {
  const request = operation.parse(decodeJson(body.bytes));
  noteMetadata(record, request.requestMetadata);
  record.aad = request.aad;
  record.ciphertext = request.ciphertext;
  return request;
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
