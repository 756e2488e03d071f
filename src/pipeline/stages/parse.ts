import { isUtf8 } from 'node:buffer';
import { decodeBase64 } from '../../shared/bytes.js';
import { XksError } from '../../xks/errors.js';
import type { Audited, HashedFields } from '../../xks/operation.js';
import type { RequestRecord } from '../../observability/request-record.js';
import type { AuthenticatedBody } from '../context.js';

/** An operation as far as parsing goes. */
interface Parser<Request> {
  readonly hashedFields: HashedFields;
  parse(json: unknown): Request;
}

/** Fields of `requestMetadata` that are told of a request. */
const TOLD = [
  'kmsRequestId',
  'kmsOperation',
  'kmsKeyArn',
  'awsPrincipalArn',
  'kmsViaService',
  'awsSourceVpc',
  'awsSourceVpce',
] as const satisfies readonly (keyof RequestRecord)[];

/**
 * Bytes → JSON → the operation's own request. Whatever somebody with a credential has sent is
 * recorded as far as it can be read, each field by itself, before anything else of the body is
 * judged: a request that is refused is to be found by its request id all the same.
 *
 * @throws XksError ValidationException
 */
export function parse<Request extends Audited>(
  operation: Parser<Request>,
  { bytes }: AuthenticatedBody,
  record: RequestRecord,
): Request {
  const json = decodeJson(bytes);
  noteMetadata(record, fieldOf(json, 'requestMetadata'));
  // Read with a replacement for what is no UTF-8, so that the record has the rest of the text.
  if (!isUtf8(bytes)) throw invalidBody('is not UTF-8');
  try {
    const request = operation.parse(json);
    record.aad = request.aad;
    record.ciphertext = request.ciphertext;
    return request;
  } catch (error) {
    noteBytes(record, operation.hashedFields, json);
    throw error;
  }
}

function decodeJson(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString('utf8'));
  } catch (cause) {
    throw invalidBody(isUtf8(bytes) ? 'is not JSON' : 'is not UTF-8', cause);
  }
}

function invalidBody(what: string, cause?: unknown): XksError {
  return new XksError('ValidationException', `The request body ${what}.`, { cause });
}

function noteMetadata(record: RequestRecord, metadata: unknown): void {
  for (const name of TOLD) {
    const value = fieldOf(metadata, name);
    if (typeof value === 'string') record[name] = value;
  }
}

function noteBytes(record: RequestRecord, { aad, ciphertext }: HashedFields, json: unknown): void {
  record.aad = bytesOf(json, aad);
  record.ciphertext = bytesOf(json, ciphertext);
}

function bytesOf(json: unknown, name: string | undefined): Buffer | undefined {
  const value = name && fieldOf(json, name);
  return typeof value === 'string' ? decodeBase64(value) : undefined;
}

function fieldOf(json: unknown, name: string): unknown {
  return typeof json === 'object' && json !== null && Object.hasOwn(json, name)
    ? (json as Readonly<Record<string, unknown>>)[name]
    : undefined;
}
