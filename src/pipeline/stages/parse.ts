import { isUtf8 } from 'node:buffer';
import { decodeBase64 } from '../../shared/bytes.js';
import { XksError } from '../../xks/errors.js';
import type { Audited, HashedFields } from '../../xks/operation.js';
import type { StageFinding, MetadataFacts, RequestBodyFacts } from '../facts.js';

/** An operation as far as parsing goes. */
interface Parser<Request> {
  readonly hashedFields: HashedFields;
  parse(json: unknown): Request;
}

/** A body that is what the operation asks for. */
interface Parsed<Request> {
  readonly request: Request;
}

/**
 * Bytes → JSON → the operation's own request. Whatever somebody with a credential has sent is
 * told as far as it can be read, each field by itself, whatever becomes of the rest of the body: a
 * request that is refused is to be found by its request id all the same. The refusal is a
 * ValidationException.
 */
export function parse<Request extends Audited>(
  operation: Parser<Request>,
  bytes: Buffer,
): StageFinding<RequestBodyFacts, Parsed<Request>> {
  let json: unknown;
  let metadata = metadataOf(undefined);
  try {
    json = decodeJson(bytes);
    metadata = metadataOf(fieldOf(json, 'requestMetadata'));
    // Read with a replacement for what is no UTF-8, so that the record has the rest of the text.
    if (!isUtf8(bytes)) throw invalidBody('is not UTF-8');
    const request = operation.parse(json);
    const { aad, ciphertext } = request;
    return { facts: { metadata, aad, ciphertext }, refusal: undefined, request };
  } catch (error) {
    if (!(error instanceof XksError)) throw error;
    const { aad, ciphertext } = operation.hashedFields;
    const facts = { metadata, aad: bytesOf(json, aad), ciphertext: bytesOf(json, ciphertext) };
    return { facts, refusal: error };
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

function metadataOf(metadata: unknown): MetadataFacts {
  return {
    kmsRequestId: textOf(metadata, 'kmsRequestId'),
    kmsOperation: textOf(metadata, 'kmsOperation'),
    kmsKeyArn: textOf(metadata, 'kmsKeyArn'),
    awsPrincipalArn: textOf(metadata, 'awsPrincipalArn'),
    kmsViaService: textOf(metadata, 'kmsViaService'),
    awsSourceVpc: textOf(metadata, 'awsSourceVpc'),
    awsSourceVpce: textOf(metadata, 'awsSourceVpce'),
  };
}

function bytesOf(json: unknown, name: string | undefined): Buffer | undefined {
  const text = name && textOf(json, name);
  return text === undefined ? undefined : decodeBase64(text);
}

function textOf(json: unknown, name: string): string | undefined {
  const value = fieldOf(json, name);
  return typeof value === 'string' ? value : undefined;
}

function fieldOf(json: unknown, name: string): unknown {
  return typeof json === 'object' && json !== null && Object.hasOwn(json, name)
    ? (json as Readonly<Record<string, unknown>>)[name]
    : undefined;
}
